"""The container image: what builds it, what makes it small, and what checks it.

python -m deploy.image.build     build it, with docker or buildah
python -m deploy.image.check     build, boot, drain and inspect it, without a daemon
"""
