"""The pages for people: the back office at `/`, the toy game, the reference; assets are files beside this."""
