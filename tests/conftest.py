"""What all tests need: Ctrl-C that works, also where the tests were started in the background."""

import signal

# A shell lets what it starts in the background ignore Ctrl-C, and so would we and all that the tests start.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
