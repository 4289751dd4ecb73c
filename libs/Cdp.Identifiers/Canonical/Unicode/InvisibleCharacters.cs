using System.Globalization;
using System.Text;

namespace Cdp.Identifiers.Canonical.Unicode;

/// <summary>Invisible characters other than white space. Identifiers that differ only in them look the same. RudderStack's gateway removes them too.</summary>
internal static class InvisibleCharacters
{
    public static bool Contains(Rune rune) => rune.Value switch
    {
        // Combining grapheme joiner, Hangul fillers, Khmer inherent vowels, Braille blank. Their Unicode category does not show that they are invisible.
        0x034F or 0x115F or 0x1160 or 0x17B4 or 0x17B5 or 0x2800 or 0x3164 or 0xFFA0 => true,
        < 0x80 => rune.Value is < ' ' or 0x7F && !Rune.IsWhiteSpace(rune),
        // Soft hyphen, zero-width space and joiners, direction marks, word joiner, byte order mark, tags.
        _ => Rune.GetUnicodeCategory(rune) is UnicodeCategory.Format or UnicodeCategory.Control && !Rune.IsWhiteSpace(rune),
    };
}
