/* email.c - the part before the @ is judged by the grammar of RFC 5321 and RFC 6531, the part behind it as a
 * domain name, with libidn2 where it is not plain ASCII. */
#include "domain/email.h"

#include "base/buf.h"
#include "domain/text.h"

#include <idn2.h>
#include <stdbool.h>
#include <string.h>

#define INPUT_BYTES_MAX 1024 /* the decomposed form is longer than the stored one */
#define LABEL_MAX       63

struct slice {
    const char *data;
    size_t size;
};

/* ---- the local part ---- */

static bool is_atext(int32_t character)
{
    if (character >= 0x80) {
        enum text_mark mark =
            text_mark(character); /* a blank or a mark that nobody sees is a slip of pasting */
        return mark == TEXT_OTHER || mark == TEXT_HYPHEN;
    }
    return (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z') ||
           (character >= '0' && character <= '9') ||
           (character > 0 && strchr("!#$%&'*+-/=?^_`{|}~", character) != NULL);
}

static bool is_dot_atom(struct slice local)
{
    bool after_dot = true;
    for (size_t at = 0; at < local.size;) {
        int32_t character = text_next(local.data, local.size, &at);
        if (character == '.' ? after_dot : !is_atext(character))
            return false;
        after_dot = character == '.';
    }
    return !after_dot;
}

/* The content of a quoted string. False if it is none, or an empty one. */
static bool unquote(struct slice quoted, struct buf *content)
{
    if (quoted.size < 3 || quoted.data[0] != '"' || quoted.data[quoted.size - 1] != '"')
        return false;
    for (size_t i = 1; i < quoted.size - 1; i++) {
        char c = quoted.data[i];
        if (c == '"')
            return false;
        if (c == '\\') {
            c = quoted.data[++i];
            if (i == quoted.size - 1 || (unsigned char)c >= 0x80) /* the closing quote; not a quoted-pair */
                return false;
        }
        buf_byte(content, (uint8_t)c);
    }
    return true;
}

static void quote(struct slice content, struct buf *out)
{
    buf_byte(out, '"');
    for (size_t i = 0; i < content.size; i++) {
        if (content.data[i] == '"' || content.data[i] == '\\')
            buf_byte(out, '\\');
        buf_byte(out, (uint8_t)content.data[i]);
    }
    buf_byte(out, '"');
}

static enum err put_local(struct arena *arena, struct slice local, struct buf *out)
{
    size_t before = out->size;
    if (is_dot_atom(local)) {
        buf_add(out, local.data, local.size);
    } else {
        struct buf content;
        buf_init(&content, arena);
        if (!unquote(local, &content))
            return ERR_EMAIL;
        if (!buf_ok(&content))
            return ERR_MEMORY;
        struct slice inside = {content.data, content.size};
        if (is_dot_atom(inside))
            buf_add(out, inside.data, inside.size);
        else
            quote(inside, out);
    }
    return out->size - before > EMAIL_LOCAL_MAX ? ERR_EMAIL : ERR_OK;
}

/* ---- the domain ---- */

static bool is_letter_digit(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool is_label(const char *label, size_t size)
{
    if (size == 0 || size > LABEL_MAX || label[0] == '-' || label[size - 1] == '-')
        return false;
    for (size_t i = 0; i < size; i++) {
        if (!is_letter_digit(label[i]) && label[i] != '-')
            return false;
    }
    return true;
}

/* A lower-case host name of two labels or more, the last one not a number (that would be an address). */
static bool is_host(const char *domain)
{
    size_t labels = 0;
    const char *label = domain;
    for (;; label++) {
        size_t size = strcspn(label, ".");
        if (!is_label(label, size))
            return false;
        labels++;
        if (label[size] == '\0')
            break;
        label += size;
    }
    return labels >= 2 && strspn(label, "0123456789") < strlen(label);
}

static bool is_plain(const char *domain)
{
    for (const char *at = domain; *at; at++) {
        if ((unsigned char)*at >= 0x80)
            return false;
    }
    return true;
}

static char *lower(struct arena *arena, const char *domain)
{
    char *copy = arena_dup(arena, domain);
    for (char *at = copy; at && *at; at++) {
        if (*at >= 'A' && *at <= 'Z')
            *at = (char)(*at + ('a' - 'A'));
    }
    return copy;
}

static enum err idn_error(int code)
{
    return code == IDN2_MALLOC ? ERR_MEMORY : ERR_EMAIL;
}

/* Moves a text of libidn2 into the arena. */
static enum err adopt(struct arena *arena, char *made, const char **out)
{
    const char *copy = arena_dup(arena, made);
    idn2_free(made);
    if (!copy)
        return ERR_MEMORY;
    *out = copy;
    return ERR_OK;
}

/* The form with xn-- labels, in lower case, of a domain in either form. Without IDN2_USE_STD3_ASCII_RULES:
 * instead of refusing an underscore or a blank it leaves it out, which makes another domain. ASCII stays
 * visible in xn-- labels, so is_host() refuses them. */
static enum err domain_ascii(struct arena *arena, const char *domain, const char **out)
{
    const char *small = lower(arena, domain);
    if (!small)
        return ERR_MEMORY;
    if (is_plain(small) && !strstr(small, "xn--")) {
        *out = small;
        return ERR_OK;
    }
    char *made = NULL;
    int code = idn2_to_ascii_8z(small, &made, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
    return code == IDN2_OK ? adopt(arena, made, out) : idn_error(code);
}

static enum err domain_unicode(struct arena *arena, const char *ascii, const char **out)
{
    if (!strstr(ascii, "xn--")) {
        *out = ascii;
        return ERR_OK;
    }
    char *made = NULL;
    int code = idn2_to_unicode_8z8z(ascii, &made, 0);
    return code == IDN2_OK ? adopt(arena, made, out) : idn_error(code);
}

/* Both forms of a domain. They must lead back to each other, or one address would be stored in two ways:
 * libidn2 takes some xn-- labels of characters that no domain may have, like xn--a-4ba with its no-break
 * blank. */
static enum err domain_normalise(struct arena *arena, const char *domain, const char **ascii,
                                 const char **shown)
{
    const char *back;
    enum err e = domain_ascii(arena, domain, ascii);
    if (!e && !is_host(*ascii))
        e = ERR_EMAIL;
    if (!e)
        e = domain_unicode(arena, *ascii, shown);
    if (!e)
        e = domain_ascii(arena, *shown, &back);
    if (!e && strcmp(back, *ascii) != 0)
        e = ERR_EMAIL;
    return e;
}

/* ---- the address ---- */

static enum err checked_text(struct arena *arena, const char *text, size_t size, const char **out)
{
    if (size > INPUT_BYTES_MAX)
        return ERR_EMAIL;
    enum err e = text_normalise(arena, text, size, out);
    return e == ERR_FIELD_FORMAT ? ERR_EMAIL : e;
}

enum err email_normalise(struct arena *arena, const char *text, size_t size, const char **out)
{
    const char *address;
    const char *ascii;
    const char *shown;
    struct buf made;
    enum err e = checked_text(arena, text, size, &address);
    if (e)
        return e;
    const char *at = strrchr(address, '@');
    if (!at)
        return ERR_EMAIL;
    buf_init(&made, arena);
    e = put_local(arena, (struct slice){address, (size_t)(at - address)}, &made);
    if (!e)
        e = domain_normalise(arena, at + 1, &ascii, &shown);
    if (e)
        return e;
    if (made.size + 1 + strlen(ascii) > EMAIL_MAX || made.size + 1 + strlen(shown) > EMAIL_MAX)
        return ERR_EMAIL;
    buf_byte(&made, '@');
    buf_text(&made, shown);
    const char *stored = buf_cstr(&made);
    if (!stored)
        return ERR_MEMORY;
    *out = stored;
    return ERR_OK;
}

const char *email_login_form(struct arena *arena, const char *normalised)
{
    const char *ascii;
    const char *at = strrchr(normalised, '@');
    if (!at || domain_ascii(arena, at + 1, &ascii) != ERR_OK)
        return NULL;
    return arena_printf(arena, "%.*s@%s", (int)(at - normalised), normalised, ascii);
}
