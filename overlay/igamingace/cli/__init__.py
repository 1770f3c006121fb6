"""The commands of the program `igamingace`, except those of the sandbox and the wallet check."""
