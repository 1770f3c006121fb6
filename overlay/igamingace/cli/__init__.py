"""The commands of the program `igamingace` for agents and operators, one module each."""
