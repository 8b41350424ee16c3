import Glibc

func removeFile(_ path: String) -> Bool { unlink(path) == 0 }
