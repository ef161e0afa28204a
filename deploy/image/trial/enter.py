"""Become a process of the image: `python enter.py ROOT UID:GID FOLDER COMMAND…`.

As container engines do it, without one: the image's root, its user without any group, its working
folder, no way to gain privileges again. The process id stays.
"""

import ctypes
import os
import sys

_SET_NO_NEW_PRIVILEGES = 38  # prctl(2)


def main(root: str, user: str, folder: str, *command: str) -> None:
    uid, gid = map(int, user.split(":"))
    libc = ctypes.CDLL(None, use_errno=True)
    os.chroot(root)
    os.chdir(folder)
    os.setgroups([])
    os.setgid(gid)
    os.setuid(uid)
    if libc.prctl(_SET_NO_NEW_PRIVILEGES, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "no_new_privs was refused")
    os.execv(command[0], command)  # noqa: S606 no shell is wanted


if __name__ == "__main__":
    main(*sys.argv[1:])
