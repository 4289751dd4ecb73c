using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using cdp;

namespace Cdp.Profiles.State;

/// <summary>
/// Limits the length of single strings in a profile, in bytes of UTF-8. A longer string keeps its beginning, followed by <c>~</c> and a hash of the whole
/// string, so that different strings remain different. The result depends on the string alone, and shortening it again changes nothing.
/// </summary>
public static class Texts
{
    /// <summary>Names of traits, events, pages and accounts.</summary>
    public const int NameBytes = 128;

    public const int MessageIdBytes = 64;
    public const int TypeBytes = 32;
    public const int IdentifierTypeBytes = 32;
    public const int IdentifierBytes = 192;

    /// <summary>The identifier of an account's member.</summary>
    public const int MemberBytes = 72;

    /// <summary>An identifier that a split took out of a profile: it is only compared.</summary>
    public const int ComparedBytes = 32;

    private const int HashBytes = 16;
    private const int HashCharacters = 22;

    public static bool IsLongName(string name) => IsLong(name, NameBytes);

    public static string Name(string name) => Bounded(name, NameBytes);

    public static string MessageId(string messageId) => Bounded(messageId, MessageIdBytes);

    public static string Type(string type) => Bounded(type, TypeBytes);

    public static Identifier Identifier(Identifier identifier) => Bounded(identifier, IdentifierBytes);

    public static Identifier Member(Identifier identifier) => Bounded(Identifier(identifier), MemberBytes);

    /// <summary>The form in which identifiers are compared. It is the same for an identifier as sent and as a profile stores it.</summary>
    public static Identifier Compared(Identifier identifier) => Bounded(Identifier(identifier), ComparedBytes);

    /// <summary>Whether a profile's identifier may be the shortened form of a longer one.</summary>
    public static bool MayBeShortened(Identifier identifier) => identifier.type.Contains('~', StringComparison.Ordinal)
        || (identifier.value.Contains('~', StringComparison.Ordinal) && Encoding.UTF8.GetByteCount(identifier.value) > IdentifierBytes - 4);

    // No UTF-16 code unit takes more than three bytes, so most strings need not be measured.
    private static bool IsLong(string text, int bytes) => text.Length > bytes || (text.Length * 3 > bytes && Encoding.UTF8.GetByteCount(text) > bytes);

    private static Identifier Bounded(Identifier identifier, int bytes) => IsLong(identifier.type, IdentifierTypeBytes) || IsLong(identifier.value, bytes)
        ? new Identifier { type = Bounded(identifier.type, IdentifierTypeBytes), value = Bounded(identifier.value, bytes) }
        : identifier;

    private static string Bounded(string text, int bytes)
    {
        if (!IsLong(text, bytes)) return text;
        var shortened = new StringBuilder();
        var room = bytes - HashCharacters - 1;
        foreach (var rune in text.EnumerateRunes())
        {
            room -= rune.Utf8SequenceLength;
            if (room < 0) break;
            shortened.Append(rune.ToString());
        }
        return shortened.Append('~').Append(Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes(text)).AsSpan(0, HashBytes))).ToString();
    }
}
