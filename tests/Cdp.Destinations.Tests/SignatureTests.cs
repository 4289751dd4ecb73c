using System.Security.Cryptography;
using System.Text;
using CsCheck;
using Xunit;

namespace Cdp.Destinations.Tests;

public sealed class SignatureTests
{
    private static readonly DateTimeOffset Now = new(SampleEvents.Noon);
    private static readonly TimeSpan Tolerance = TimeSpan.FromMinutes(5);

    [Fact]
    public void Sign_Body_ReturnsTheHmacOfTimeAndBody()
    {
        var mac = Convert.ToHexStringLower(HMACSHA256.HashData("secret"u8, Encoding.UTF8.GetBytes($"{Now.ToUnixTimeSeconds()}.body")));
        Assert.Equal($"t={Now.ToUnixTimeSeconds()},v1={mac}", Signature.Sign("secret", Now, "body"u8));
    }

    [Fact]
    public void Verify_SignedBody_ReturnsTrue() =>
        Gen.Select(Gen.String, Gen.Byte.Array).Sample(
            (secret, body) => Signature.Verify(secret, Signature.Sign(secret, Now, body), body, Now + Tolerance, Tolerance));

    [Theory]
    [InlineData("other", "body", 0)]
    [InlineData("secret", "bodY", 0)]
    [InlineData("secret", "body", 301)]
    [InlineData("secret", "body", -301)]
    public void Verify_OtherSecretBodyOrTime_ReturnsFalse(string secret, string body, int seconds) =>
        Assert.False(Signature.Verify(secret, Signature.Sign("secret", Now, "body"u8), Encoding.UTF8.GetBytes(body), Now.AddSeconds(seconds), Tolerance));

    [Theory]
    [InlineData("")]
    [InlineData("t=1")]
    [InlineData("t=x,v1=00")]
    [InlineData("v1=00,t=1")]
    [InlineData("t=-1,v1=é")]
    public void Verify_InvalidHeader_ReturnsFalse(string header) =>
        Assert.False(Signature.Verify("secret", header, "body"u8, DateTimeOffset.UnixEpoch, Tolerance));

    [Fact]
    public void IdempotencyKey_SameMessage_DependsOnTheDestinationButNotOnTheProfile()
    {
        var key = KeyOf("crm", SampleEvents.Event("p1", "m1"));
        Assert.Equal(key, KeyOf("crm", SampleEvents.Event("p2", "m1")));
        Assert.NotEqual(key, KeyOf("lake", SampleEvents.Event("p1", "m1")));
        Assert.NotEqual(key, KeyOf("crm", SampleEvents.Event("p1", "m2")));
        Assert.NotEqual(key, KeyOf("crm", SampleEvents.Event("p1", "m1", envelope => envelope.sourceId = "app")));

        static string KeyOf(string destination, cdp.IdentifiedEvent identified) => IdempotencyKey.Of(destination, identified.validated.envelope);
    }
}
