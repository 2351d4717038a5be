/* master_key.c - the file with the master key: 64 hex digits and a line end, for its owner's eyes only. */
#include "sec/keyring.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { HEX_DIGITS = 2 * SEAL_KEY_BYTES, FILE_MAX = HEX_DIGITS + 2 };

enum err master_key_from_hex(const char *hex, uint8_t key[static SEAL_KEY_BYTES])
{
    uint8_t bytes[SEAL_KEY_BYTES];
    size_t size = 0;

    if (strlen(hex) != HEX_DIGITS ||
        sodium_hex2bin(bytes, sizeof bytes, hex, HEX_DIGITS, NULL, &size, NULL) != 0 || size != sizeof bytes)
        return ERR_SETTING;
    memcpy(key, bytes, sizeof bytes);
    sodium_memzero(bytes, sizeof bytes);
    return ERR_OK;
}

static enum err file_check(int file)
{
    struct stat status;

    if (fstat(file, &status) != 0)
        return ERR_STORE;
    if (!S_ISREG(status.st_mode))
        return ERR_KEY_WRONG;
    return status.st_mode & (S_IRWXG | S_IRWXO) ? ERR_KEY_READABLE : ERR_OK;
}

static enum err file_read(int file, uint8_t *key)
{
    char text[FILE_MAX + 2]; /* room for a byte too many, and for the NUL */

    ssize_t size = read(file, text, sizeof text - 1);
    if (size < 0)
        return ERR_STORE;
    while (size > 0 && (text[size - 1] == '\n' || text[size - 1] == '\r'))
        size--;
    text[size] = '\0';
    enum err e = master_key_from_hex(text, key) ? ERR_KEY_WRONG : ERR_OK;
    sodium_memzero(text, sizeof text);
    return e;
}

enum err master_key_read(const char *path, uint8_t key[static SEAL_KEY_BYTES])
{
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (file < 0)
        return errno == ENOENT ? ERR_KEY_MISSING : ERR_STORE;
    enum err e = file_check(file);
    if (!e)
        e = file_read(file, key);
    int why = errno;
    (void)close(file);
    errno = why;
    return e;
}

static enum err file_write(int file, const uint8_t *key)
{
    char text[HEX_DIGITS + 2];

    sodium_bin2hex(text, sizeof text, key, SEAL_KEY_BYTES);
    text[HEX_DIGITS] = '\n';
    ssize_t written = write(file, text, HEX_DIGITS + 1);
    sodium_memzero(text, sizeof text);
    if (written == HEX_DIGITS + 1)
        return fsync(file) == 0 ? ERR_OK : ERR_STORE;
    if (written >= 0)
        errno = ENOSPC; /* a short write to a plain file has no other cause */
    return errno == ENOSPC || errno == EDQUOT || errno == EFBIG ? ERR_STORE_FULL : ERR_STORE;
}

/* A new name is durable only when its folder is. */
static enum err folder_sync(const char *path)
{
    char copy[PATH_MAX];

    if (snprintf(copy, sizeof copy, "%s", path) >= (int)sizeof copy)
        return ERR_STORE;
    int folder = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0)
        return ERR_STORE;
    int failed = fsync(folder);
    (void)close(folder);
    return failed ? ERR_STORE : ERR_OK;
}

/* The file appears whole or not at all, and never in place of one that is there. */
static enum err publish(const char *draft, const char *path, uint8_t *key)
{
    if (link(draft, path) == 0)
        return folder_sync(path);
    return errno == EEXIST ? master_key_read(path, key) : ERR_STORE;
}

enum err master_key_make(const char *path, struct key_source source, uint8_t key[static SEAL_KEY_BYTES])
{
    char draft[PATH_MAX];

    if (snprintf(draft, sizeof draft, "%s.new.%ld", path, (long)getpid()) >= (int)sizeof draft) {
        errno = ENAMETOOLONG;
        return ERR_STORE;
    }
    (void)unlink(draft); /* of a process with our number that died here */
    int file = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (file < 0)
        return errno == ENOSPC || errno == EDQUOT ? ERR_STORE_FULL : ERR_STORE;
    if (source.fill)
        source.fill(source.arg, key, SEAL_KEY_BYTES);
    else
        randombytes_buf(key, SEAL_KEY_BYTES);
    enum err e = file_write(file, key);
    (void)close(file);
    if (!e)
        e = publish(draft, path, key);
    int why = errno;
    (void)unlink(draft);
    errno = why;
    return e;
}
