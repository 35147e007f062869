"""What runs beside torch-xla: operators or a program in, what becomes of each out.

It runs in another interpreter (Python 3.10 or newer) under another name: nothing here may import
anything but torch, torch-xla, the standard library and, by relative imports, its neighbours.
"""
