"""The tests run with this in their way, and so do the processes and notebook kernels that they start.

Python imports it from PYTHONPATH before anything else: who asks for the network, beyond this machine, gets an
error. A datagram socket may be connected, which sends nothing: so programs find out their own address.
"""

import ipaddress
import socket
import sys

SENDING = {"socket.connect", "socket.sendto", "socket.sendmsg"}


def is_here(host):
    """Whether a host, None, a name or an address, is this machine."""
    name = host.decode() if isinstance(host, bytes) else host
    if not name or name in ("localhost", socket.gethostname()):
        return True
    try:
        address = ipaddress.ip_address(name.partition("%")[0])
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def refuse(event, args):
    """An audit hook: OSError for a connection beyond this machine, or for the address of another."""
    if event == "socket.getaddrinfo" and not is_address(args[0]) and not is_here(args[0]):
        raise OSError(f"the network is refused here: the address of {args[0]!r} was asked for")
    beyond = event in SENDING and isinstance(args[1], tuple) and not is_here(args[1][0])
    if beyond and (event != "socket.connect" or args[0].type == socket.SOCK_STREAM):
        raise OSError(f"the network is refused here: {args[1]!r} was asked for")


def is_address(host):
    """Whether a host is spelled as an address, which nobody need look up."""
    try:
        return bool(ipaddress.ip_address(host))
    except ValueError:
        return False


sys.addaudithook(refuse)
