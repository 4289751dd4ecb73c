using System.Security.Cryptography;
using System.Text;
using Cdp.Destinations;
using CsCheck;

namespace Cdp.Fanout.Tests;

public sealed class SignatureTests
{
    private static readonly DateTimeOffset Now = new(Records.Noon);
    private static readonly TimeSpan Tolerance = TimeSpan.FromMinutes(5);

    [Fact]
    public void Sign_Body_IsTheHmacOfTimeAndBody()
    {
        var mac = Convert.ToHexStringLower(HMACSHA256.HashData("secret"u8, Encoding.UTF8.GetBytes($"{Now.ToUnixTimeSeconds()}.body")));
        Assert.Equal($"t={Now.ToUnixTimeSeconds()},v1={mac}", Signature.Sign("secret", Now, "body"u8));
    }

    [Fact]
    public void Verify_WhatWasSigned_Holds() => Gen.Select(Gen.String, Gen.Byte.Array).Sample((secret, body) => Signature.Verify(secret, Signature.Sign(secret, Now, body), body, Now + Tolerance, Tolerance));

    [Theory]
    [InlineData("other", "body", 0)]
    [InlineData("secret", "bodY", 0)]
    [InlineData("secret", "body", 301)]
    [InlineData("secret", "body", -301)]
    public void Verify_OtherSecretBodyOrTime_DoesNot(string secret, string body, int seconds) =>
        Assert.False(Signature.Verify(secret, Signature.Sign("secret", Now, "body"u8), Encoding.UTF8.GetBytes(body), Now.AddSeconds(seconds), Tolerance));

    [Theory]
    [InlineData("")]
    [InlineData("t=1")]
    [InlineData("t=x,v1=00")]
    [InlineData("v1=00,t=1")]
    [InlineData("t=-1,v1=é")]
    public void Verify_Nonsense_DoesNot(string header) => Assert.False(Signature.Verify("secret", header, "body"u8, DateTimeOffset.UnixEpoch, Tolerance));

    [Fact]
    public void IdempotencyKey_SameMessage_IsTheSameForEveryProfileAndAnotherForEveryDestination()
    {
        var key = IdempotencyKey.Of("crm", Records.Event("p1", "m1").validated.envelope);
        Assert.Equal(key, IdempotencyKey.Of("crm", Records.Event("p2", "m1").validated.envelope));
        string[] others = [IdempotencyKey.Of("lake", Records.Event("p1", "m1").validated.envelope), IdempotencyKey.Of("crm", Records.Event("p1", "m2").validated.envelope), IdempotencyKey.Of("crm", Records.Event("p1", "m1", envelope => envelope.sourceId = "app").validated.envelope)];
        Assert.DoesNotContain(key, others);
    }
}
