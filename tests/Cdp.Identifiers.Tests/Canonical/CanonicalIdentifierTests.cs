using System.Globalization;
using System.Text;
using Cdp.Identifiers.Canonical;
using Cdp.Identifiers.Canonical.Unicode;
using CsCheck;
using Xunit;

namespace Cdp.Identifiers.Tests.Canonical;

public sealed class CanonicalIdentifierTests
{
    private static readonly Gen<string> AnyText = Gen.OneOf(
        Gen.Char["ab01579.+-eE ,:\t\r\n\u0000\u00A0\u00AD\u200B\u200D\u2060\uFEFF\u3000éÉe\u0301\u0327A\u030A각ᄀ\u1161\u11A8ﬁ\u2126"].Array[0, 12]
            .Select(chars => new string(chars)),
        Gen.Select(Gen.Int[-3, 12_345], Gen.Char[".eE"], Gen.Int[-2, 90], (a, mark, b) => string.Create(CultureInfo.InvariantCulture, $"{a}{mark}{b}")));

    [Theory]
    [InlineData("ada", "ada")]
    [InlineData(" ada", "ada")]
    [InlineData("\tada\r\n", "ada")]
    [InlineData("ada\u200b", "ada")]
    [InlineData("\uFEFFada\u2060", "ada")]
    [InlineData("ada\u00a0", "ada")]
    [InlineData("a\u00ADd\u200Da", "ada")]
    [InlineData("ada\uFE0F", "ada\uFE0F")]
    [InlineData("ada\U000E0100", "ada\U000E0100")]
    [InlineData("\u0430da", "\u0430da")]
    [InlineData("\u3000\u2003ada\u2028", "ada")]
    [InlineData("Ada Lovelace", "Ada Lovelace")]
    [InlineData("\u200b\u2060 \t", "")]
    [InlineData("Jose\u0301", "José")]
    [InlineData("각", "각")]
    [InlineData("55520", "55520")]
    [InlineData("55520.0", "55520")]
    [InlineData("55520.000", "55520")]
    [InlineData("-17.0", "-17")]
    [InlineData("5.552e4", "55520")]
    [InlineData("5.552E+04", "55520")]
    [InlineData("1E+21", "1000000000000000000000")]
    [InlineData("0.0", "0")]
    [InlineData("-0.0", "0")]
    [InlineData("-0", "0")]
    [InlineData(" 42.0\n", "42")]
    [InlineData("9007199254740993.0", "9007199254740993")]
    [InlineData("007", "007")]
    [InlineData("007.0", "007.0")]
    [InlineData("1.50", "1.50")]
    [InlineData("1.2.3", "1.2.3")]
    [InlineData("1e5", "1e5")]
    [InlineData("3e-12", "3e-12")]
    [InlineData("0e123456", "0e123456")]
    [InlineData("0E0", "0E0")]
    [InlineData("0e-1", "0e-1")]
    [InlineData("0e+10", "0")]
    [InlineData("0.0e5", "0")]
    [InlineData("+43158858.0", "+43158858.0")]
    [InlineData(
        "12345678901234567890123456789012345678901234567890123456789012345678901234567890",
        "12345678901234567890123456789012345678901234567890123456789012345678901234567890")]
    public void Of_Text_IsCanonical(string sent, string expected) => Assert.Equal(expected, CanonicalIdentifier.Of(sent));

    [Theory]
    [InlineData("55520", "55520")]
    [InlineData("55520.0", "55520")]
    [InlineData("5.552e4", "55520")]
    [InlineData("5552E1", "55520")]
    [InlineData("1e5", "100000")]
    [InlineData("0.0", "0")]
    [InlineData("-0", "0")]
    [InlineData("0e123456", "0")]
    [InlineData("0e999999999", "0e999999999")]
    [InlineData("1.50", "1.5")]
    [InlineData("1.5e-3", "0.0015")]
    [InlineData("9007199254740993", "9007199254740993")]
    [InlineData("9007199254740993.00", "9007199254740993")]
    [InlineData("123456789012345678901234567890", "123456789012345678901234567890")]
    [InlineData("1e30", "1000000000000000000000000000000")]
    [InlineData("1e999", "1e999")]
    [InlineData("15.0E99", "15e99")]
    [InlineData("-1.0e-100", "-1e-100")]
    public void OfNumber_JsonNumber_IsPlainAndExact(string json, string expected) => Assert.Equal(expected, CanonicalIdentifier.OfNumber(json));

    [Fact]
    public void Of_AnyText_IsIdempotent() => AnyText.Sample(text =>
    {
        foreach (var canonical in new[] { CanonicalIdentifier.Of(text), CanonicalIdentifier.OfNumber(text) })
        {
            Assert.Equal(canonical, CanonicalIdentifier.Of(canonical));
        }
    });

    [Fact]
    public void IsPlain_AnyText_ImpliesThatItIsCanonical() => AnyText.Sample(text =>
    {
        if (CanonicalIdentifier.IsPlain(Encoding.UTF8.GetBytes(text))) Assert.Equal(text, CanonicalIdentifier.Of(text));
        var isPlainNumber = CanonicalIdentifier.IsPlainNumber(Encoding.UTF8.GetBytes(text)) && Numeral.Parse(text) is not null;
        if (isPlainNumber) Assert.Equal(text, CanonicalIdentifier.OfNumber(text));
    });

    [Theory]
    [InlineData("user-1")]
    [InlineData("55520")]
    [InlineData("7ce1f1e0-4e5e-4c1e-9e0e-5e5e5e5e5e5e")]
    [InlineData("")]
    public void IsPlain_UsualIdentifier_IsTrue(string text) => Assert.True(CanonicalIdentifier.IsPlain(Encoding.UTF8.GetBytes(text)));

    [Theory]
    [MemberData(nameof(NfcVectors))]
    public void Of_PublishedNfcData_IsNormalised(string text, string expected) => Assert.Equal(expected, Nfc.Of(text));

    public static IEnumerable<TheoryDataRow<string, string>> NfcVectors() => File.ReadLines(Path.Combine(AppContext.BaseDirectory, "samples", "nfc.txt"))
        .Where(line => !line.StartsWith('#'))
        .Chunk(100)
        .Select(lines => new TheoryDataRow<string, string>(Texts(lines, 0), Texts(lines, 1)));

    // Many strings in one, separated by a character that composes with no other.
    private static string Texts(string[] lines, int column) => string.Join('|', lines.Select(line => Text(line.Split(';')[column])));

    private static string Text(string codes) => string.Concat(codes.Split(' ').Select(code => new Rune(Convert.ToInt32(code, 16)).ToString()));
}
