"""Makes moto's interpreter run the Amazon States Language as AWS does. Each module declares the
patches of one part of the language; importing this package collects them in `patches.PATCHES`."""

from importlib import import_module
from pkgutil import iter_modules

for module in iter_modules(__path__):
    import_module(f"{__name__}.{module.name}")
