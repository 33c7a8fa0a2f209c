/* SPDX-License-Identifier: Apache-2.0 */
#include <talk_text.h>

#include <check.h>
#include <stdlib.h>
#include <string.h>

static enum talk_text check(const char *text, const char **start, size_t *len, uint32_t *over)
{
    *start = NULL;
    *len = *over = 0;
    return talk_text_check(text, start, len, over);
}

static enum talk_text verdict(const char *text)
{
    const char *start;
    size_t len;
    uint32_t over;
    return check(text, &start, &len, &over);
}

static void kept(const char *text, const char *what)
{
    const char *start;
    size_t len;
    uint32_t over;
    ck_assert_int_eq(check(text, &start, &len, &over), TALK_TEXT_OK);
    ck_assert_uint_eq(len, strlen(what));
    ck_assert_mem_eq(start, what, len);
}

START_TEST(what_is_said_loses_the_spaces_at_its_ends)
{
    kept("hello", "hello");
    kept("  a  b ", "a  b");
    kept("\u00a0\u3000x\u2009", "x");
    kept("<img src=x onerror=alert(1)>", "<img src=x onerror=alert(1)>");
    kept("Zürich, Ελλάδα, 日本, שלום, مرحبا", "Zürich, Ελλάδα, 日本, שלום, مرحبا");
    kept("e\u0301 \u2764\ufe0f \U0001f680", "e\u0301 \u2764\ufe0f \U0001f680");
}
END_TEST

START_TEST(nothing_is_nothing)
{
    static const char *const empty[] = {"", " ", "   ", "\u00a0", "\u2003\u3000 "};
    for (size_t i = 0; i < ST_ARRAY_LEN(empty); i++)
        ck_assert_int_eq(verdict(empty[i]), TALK_TEXT_EMPTY);
}
END_TEST

START_TEST(what_cannot_be_read_is_refused)
{
    static const char *const bad[] = {
        "a\nb",
        "a\tb",
        "a\x1b[31mb",
        "a\x7f",
        "\xc2\x85ok",
        "a\u00adb",
        "a\u200bb",
        "\u202eabc",
        "\u2066abc",
        "a\u2028b",
        "\ufeffabc",
        "\ue000",
        "\ufffe",
        "\U0001ffff",
        "\U000e0041",
        "\U00100000",
        "a\u115f",
        "\u3164",
        "a\u0300\u0301\u0302\u0303",
    };
    for (size_t i = 0; i < ST_ARRAY_LEN(bad); i++)
        ck_assert_msg(verdict(bad[i]) == TALK_TEXT_CHARACTERS, "%zu", i);
}
END_TEST

START_TEST(at_most_two_hundred_characters)
{
    char text[TALK_TEXT_BYTES_MAX + 64] = "";
    const char *start;
    size_t len;
    uint32_t over;
    for (int i = 0; i < TALK_TEXT_MAX; i++)
        strcat(text, "\U0001f680");
    strcat(text, "  ");
    ck_assert_int_eq(check(text, &start, &len, &over), TALK_TEXT_OK);
    ck_assert_uint_eq(len, TALK_TEXT_BYTES_MAX);
    strcat(text, "ab");
    ck_assert_int_eq(check(text, &start, &len, &over), TALK_TEXT_TOO_LONG);
    ck_assert_uint_eq(over, 4);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("talk_text");
    TCase *t = tcase_create("rules");
    tcase_add_test(t, what_is_said_loses_the_spaces_at_its_ends);
    tcase_add_test(t, nothing_is_nothing);
    tcase_add_test(t, what_cannot_be_read_is_refused);
    tcase_add_test(t, at_most_two_hundred_characters);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
