"""The image's trial: booted read-only as its user, used, drained, all in namespaces of its own.

    unshare --mount --net --propagation private python -m deploy.image.trial ROOT CONFIGURATION

`ROOT` is the image's root file system, `CONFIGURATION` Docker's config object as JSON. The network
is a loopback with nothing else on it, so that ports are always free and nothing is fetched.
"""
