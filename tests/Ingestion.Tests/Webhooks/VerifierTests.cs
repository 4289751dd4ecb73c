using System.Text;
using Cdp.Ingestion.Parsing;
using Cdp.Ingestion.Sources;
using Cdp.Ingestion.Webhooks;
using CsCheck;
using Xunit;

namespace Cdp.Ingestion.Tests.Webhooks;

public sealed class VerifierTests
{
    private static readonly DateTime Now = new(2026, 5, 1, 12, 0, 0, DateTimeKind.Utc);
    private static readonly byte[] Body = "{\"a\":1}"u8.ToArray();

    public static TheoryData<string> Signed => ["stripe", "github", "shopify", "slack", "zendesk"];

    public static TheoryData<string> Dated => ["stripe", "slack", "zendesk"];

    [Fact]
    public void Verify_VendorExamples_AreGenuine()
    {
        var slack =
            "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA"u8
            + "&user_name=roadrunner&command=%2Fwebhook-collect&text="u8
            + "&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN"u8
            + "&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"u8;
        Assert.Null(
            Verify(
                Scheme.GitHub,
                "It's a Secret to Everybody",
                new() { ["X-Hub-Signature-256"] = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17" },
                "Hello, World!"u8));
        Assert.Null(
            Verify(
                Scheme.Slack,
                "8f742231b10e8888abcd99yyyzzz85a5",
                new()
                {
                    ["X-Slack-Signature"] = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503",
                    ["X-Slack-Request-Timestamp"] = "1531420618",
                },
                slack,
                DateTime.UnixEpoch.AddSeconds(1531420618)));
        var stripe = Encoding.UTF8.GetString(VendorSample.Body("stripe", "customer.created"));
        var header =
            "t=1533204620,v1=2220f87ef101a04665f11cdf770523143f875572008577fa0f20882ddb9cc3c7,"
            + "v0=63f3a72374a733066c4be69ed7f8e5ac85c22c9f0a6a612ab9a025a9e4ee7eef";
        Assert.Null(
            Verify(
                Scheme.Stripe,
                "webhook_secret",
                new() { ["Stripe-Signature"] = header },
                Encoding.UTF8.GetBytes(stripe),
                DateTime.UnixEpoch.AddSeconds(1533204720)));
    }

    [Theory]
    [MemberData(nameof(Signed))]
    public void Verify_ValidSignature_IsGenuineUnderAnySecret(string scheme)
    {
        Assert.Null(Verify(SchemeOf(scheme), VendorSample.Signature(scheme, Body, Now), Body, Now, "old", VendorSample.Secret));
        Assert.Null(Verify(SchemeOf(scheme), VendorSample.Signature(scheme, [], Now), [], Now, VendorSample.Secret));
    }

    [Theory]
    [MemberData(nameof(Signed))]
    public void Verify_OtherBodyOrSecret_IsABadSignature(string scheme)
    {
        var signature = VendorSample.Signature(scheme, Body, Now);
        Assert.Equal("bad_signature", Verify(SchemeOf(scheme), signature, [.. Body, (byte)' '], Now, VendorSample.Secret)?.Code);
        Assert.Equal("bad_signature", Verify(SchemeOf(scheme), signature, Body, Now, "another")?.Code);
        foreach (var header in signature.Keys)
        {
            Assert.Equal(
                "bad_signature",
                Verify(
                    SchemeOf(scheme),
                    new(signature)
                    {
                        [header] = signature[header].Replace('0', '1').Replace('2', '3').Replace('a', 'b').Replace('c', 'd').Replace('E', 'F') + "x",
                    },
                    Body,
                    Now,
                    VendorSample.Secret)?.Code);
        }
    }

    [Theory]
    [MemberData(nameof(Signed))]
    public void Verify_NoHeader_NamesTheMissingHeader(string scheme)
    {
        var refused = Verify(SchemeOf(scheme), [], Body, Now, VendorSample.Secret);

        Assert.Equal((401, "no_signature"), (refused!.Status, refused.Code));
        Assert.Contains(VendorSample.Signature(scheme, Body, Now).Keys.First(), refused.Message);
    }

    [Theory]
    [MemberData(nameof(Dated))]
    public void Verify_OutsideTheTolerance_IsStale(string scheme)
    {
        foreach (var minutes in new[] { -4.9, 4.9 })
        {
            Assert.Null(Verify(SchemeOf(scheme), VendorSample.Signature(scheme, Body, Now.AddMinutes(minutes)), Body, Now, VendorSample.Secret));
        }
        foreach (var minutes in new[] { -5.1, 5.1, -5e8 })
        {
            Assert.Equal(
                "stale_signature",
                Verify(
                    SchemeOf(scheme),
                    VendorSample.Signature(scheme, Body, DateTime.UnixEpoch > Now.AddMinutes(minutes) ? DateTime.UnixEpoch : Now.AddMinutes(minutes)),
                    Body,
                    Now,
                    VendorSample.Secret)?.Code);
        }
        Assert.Equal("bad_signature", Verify(SchemeOf(scheme), VendorSample.Signature(scheme, Body, Now.AddHours(-1)), [], Now, VendorSample.Secret)?.Code);
    }

    [Fact]
    public void Verify_SeveralStripeSignatures_IsGenuineIfOneMatches()
    {
        var header = VendorSample.Signature("stripe", Body, Now)["Stripe-Signature"];
        var two = header.Replace(",v1=", $",v1={new string('0', 64)},v1=", StringComparison.Ordinal);

        Assert.Null(Verify(Scheme.Stripe, new() { ["Stripe-Signature"] = two }, Body, Now, VendorSample.Secret));
        Assert.Equal(
            "bad_signature",
            Verify(
                Scheme.Stripe,
                new() { ["Stripe-Signature"] = header.Replace("v1=", "v0=", StringComparison.Ordinal) },
                Body,
                Now,
                VendorSample.Secret)?.Code);
    }

    [Theory]
    [InlineData("header", "X-Token", "s", null)]
    [InlineData("header", "X-Token", "Bearer s", null)]
    [InlineData("header", "X-Token", "S", "bad_secret")]
    [InlineData("header", "X-Other", "s", "no_secret")]
    [InlineData("parameter", "token", "s", null)]
    [InlineData("parameter", "token", "t", "bad_secret")]
    [InlineData("parameter", "other", "s", "no_secret")]
    [InlineData("basic", "Authorization", "Basic dXNlcjpz", null)]
    [InlineData("basic", "Authorization", "Basic dXNlcjpzcw==", "bad_secret")]
    [InlineData("basic", "Authorization", "Basic dXNlcg==", "no_secret")]
    [InlineData("basic", "Authorization", "Bearer s", "no_secret")]
    public void Verify_SharedSecret_IsReadFromItsConfiguredPlace(string place, string name, string value, string? code)
    {
        var verification = new Verification(Scheme.Secret, ["old"u8.ToArray(), "s"u8.ToArray()], TimeSpan.Zero)
        {
            SecretHeader = place == "header" ? "X-Token" : null,
            SecretParameter = place == "parameter" ? "token" : null,
        };

        Assert.Equal(
            code,
            Verifier.Verify(
                verification,
                header => place != "parameter" && header == name ? value : null,
                parameter => parameter == name ? value : null,
                Body,
                Now)?.Code);
    }

    [Fact]
    public void Verify_NoScheme_AcceptsEverything() => Assert.Null(Verify(Scheme.None, [], Body, Now));

    [Fact]
    public void Verify_AnyHeader_IsRefusedWithoutThrowing()
    {
        var text = Gen.OneOf(
            Gen.String,
            Gen.Char["tv01=,sha256:-+ abcdef"].Array.Select(characters => new string(characters)),
            Gen.Const("t=99999999999999999999,v1="),
            Gen.Const("9999-99-99T99:99:99Z"));
        Gen.Select(Gen.Enum<Scheme>(), text, text).Sample((scheme, a, b) =>
            scheme == Scheme.None
                || Verifier.Verify(
                    new Verification(scheme, ["s"u8.ToArray()], TimeSpan.MaxValue),
                    header => header.EndsWith("Timestamp", StringComparison.Ordinal) ? b : a,
                    _ => b,
                    Body,
                    Now) is not null);
    }

    private static Scheme SchemeOf(string scheme) => Enum.Parse<Scheme>(scheme, ignoreCase: true);

    private static Rejection? Verify(Scheme scheme, string secret, Dictionary<string, string> headers, ReadOnlySpan<byte> body, DateTime? now = null) =>
        Verify(scheme, headers, body, now ?? Now, secret);

    private static Rejection? Verify(Scheme scheme, Dictionary<string, string> headers, ReadOnlySpan<byte> body, DateTime now, params string[] secrets) =>
        Verifier.Verify(
            new Verification(scheme, [.. secrets.Select(Encoding.UTF8.GetBytes)], TimeSpan.FromMinutes(5)),
            headers.GetValueOrDefault,
            _ => null,
            body,
            now);
}
