"""The sandbox's pages in a real browser; a package, so that its tests share one browser with no others."""
