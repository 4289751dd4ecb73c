using System.Security.Cryptography;
using cdp;
using Xunit;

namespace Cdp.Contracts.Tests;

public sealed class ProfileIdsTests
{
    private const string Alphabet = "abcdefghijklmnopqrstuvwxyz234567";

    [Fact]
    public void Implied_AnIdentifier_IsTheBase32OfItsKeyedHash()
    {
        var id = new ProfileIds("key").Implied(new Identifier { type = "user_id", value = "u1" });

        var hash = HMACSHA256.HashData("key"u8, "user_id\0u1"u8);
        var bits = string.Concat(hash.Take(16).Select(b => Convert.ToString(b, 2).PadLeft(8, '0'))).PadRight(130, '0');
        var expected = string.Concat(Enumerable.Range(0, 26).Select(i => Alphabet[Convert.ToInt32(bits.Substring(i * 5, 5), 2)]));
        Assert.Equal(expected, id);
    }

    [Fact]
    public void Implied_OtherTypeValueOrKey_IsAnotherId()
    {
        string[] ids =
        [
            new ProfileIds("key").Implied(new Identifier { type = "user_id", value = "u1" }),
            new ProfileIds("key").Implied(new Identifier { type = "user_id", value = "u2" }),
            new ProfileIds("key").Implied(new Identifier { type = "anonymous_id", value = "u1" }),
            new ProfileIds("other").Implied(new Identifier { type = "user_id", value = "u1" }),
        ];
        Assert.Equal(ids.Length, ids.Distinct().Count());
        Assert.All(ids, id => Assert.Matches("^[a-z2-7]{26}$", id));
    }
}
