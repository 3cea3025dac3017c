"""Words in tags that say what the number beside them means."""

# A number beside one of these is the version of a component, which is part of the flavour: `python-3.11`, `cuda12.2`.
COMPONENTS = frozenset(
    (
        "alpine", "bionic", "bookworm", "bullseye", "buster", "centos", "conda", "cp", "cuda", "cudnn",
        "debian", "dotnet", "fedora", "focal", "gcc", "gdal", "gfortran", "go", "golang", "hub",
        "java", "jammy", "jdk", "jre", "julia", "jupyterhub", "jupyterlab", "lab", "llvm", "mamba",
        "miniconda", "mpi", "node", "nodejs", "noble", "notebook", "numpy", "octave", "openjdk", "php",
        "perl", "postgis", "postgres", "pg", "py", "pypy", "python", "pytorch", "r-base", "rhel",
        "rocky", "rocm", "ruby", "rust", "rstudio", "sage", "scala", "spark", "sql", "stata",
        "tensorflow", "tf", "torch", "ubi", "ubuntu",
    )
)  # fmt: skip

# A number beside one of these counts builds or revisions: `main-45`, `build-7`, `r3`.
COUNTED = frozenset(
    (
        "b", "build", "ci", "dev", "develop", "edge", "image", "main", "master", "nightly",
        "prod", "production", "r", "rel", "release", "rev", "revision", "run", "stable", "staging",
        "test", "trunk", "v", "ver", "version",
    )
)  # fmt: skip

# From the first to the last before a release: PEP 440 (https://peps.python.org/pep-0440/) and Semantic Versioning.
PRERELEASES = {
    "dev": 0, "nightly": 0, "snapshot": 0, "a": 1, "alpha": 1, "b": 2, "beta": 2, "pre": 3, "preview": 3, "rc": 4,
}  # fmt: skip
