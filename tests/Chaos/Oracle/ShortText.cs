using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Cdp.Chaos.Oracle;

/// <summary>
/// The documented short form of strings that are longer than a profile keeps: the beginning, <c>~</c>, and the first 16 bytes of the SHA-256 in base64url.
/// </summary>
public static class ShortText
{
    private const int HashBytes = 16, HashCharacters = 22;

    public static string Name(string text) => Of(text, 128);

    public static string MessageId(string text) => Of(text, 64);

    public static string Identifier(string text) => Of(text, 192);

    /// <summary>The identifier of a member, as an account lists it.</summary>
    public static string Member(string text) => Of(Identifier(text), 72);

    /// <summary>Whether a trait with this name is cut, and an event with this name counted under "all others".</summary>
    public static bool IsLongName(string text) => Encoding.UTF8.GetByteCount(text) > 128;

    private static string Of(string text, int bytes)
    {
        var whole = Encoding.UTF8.GetBytes(text);
        if (whole.Length <= bytes) return text;
        var end = bytes - HashCharacters - 1;
        // Do not cut a character in two.
        while ((whole[end] & 0xC0) == 0x80) end--;
        return $"{Encoding.UTF8.GetString(whole, 0, end)}~{Base64Url.EncodeToString(SHA256.HashData(whole).AsSpan(0, HashBytes))}";
    }
}
