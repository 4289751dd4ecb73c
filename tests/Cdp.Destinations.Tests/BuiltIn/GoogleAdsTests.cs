using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Cdp.Destinations.Tests.Http;
using Xunit;

namespace Cdp.Destinations.Tests.BuiltIn;

public sealed class GoogleAdsTests
{
    private const string Settings = """
        {"customer_id":1234567890,"conversion_action":"77","developer_token":"d-1","client_id":"c-1","client_secret":"cs-1","refresh_token":"r-1"}
        """;

    [Fact]
    public async Task SendAsync_Order_IsAConversionWithHashedPersonalData()
    {
        var google = new Google();
        await using var vendor = await Vendor.StartAsync("google-ads", Settings, google.Answer);
        Assert.Equal(["200"], Vendor.Short(await vendor.SendAsync(vendor.Item(Samples.Order))));
        Assert.Equal(["https://oauth2.googleapis.com/token", "https://googleads.googleapis.com/v26/customers/1234567890:uploadClickConversions"],
            vendor.Requests.Select(request => request.Url));
        Vendor.AssertJson($$"""
            {"partialFailure":true,"conversions":[{"gclid":"g1","conversionAction":"customers/1234567890/conversionActions/77",
              "conversionDateTime":"2026-03-01 11:59:30+00:00","conversionValue":20.5,"currencyCode":"EUR","orderId":"o-1",
              "userIdentifiers":[{"hashedEmail":"{{Sha256("ada@example.com")}}"},{"hashedPhoneNumber":"{{Sha256("+436601234567")}}"}]}]}
            """, vendor.Requests[1].Json);
    }

    [Fact]
    public async Task SendAsync_SeveralRequests_ShareAnAccessToken()
    {
        var google = new Google();
        await using var vendor = await Vendor.StartAsync("google-ads", Settings, google.Answer);
        await Task.WhenAll(Enumerable.Range(0, 5).Select(number => vendor.SendAsync(vendor.Item(Samples.Order, number))));
        Assert.Equal(1, google.Tokens);
    }

    [Fact]
    public async Task SendAsync_TokenThatWasRevoked_IsReplacedOnTheNextAttempt()
    {
        var google = new Google();
        await using var vendor = await Vendor.StartAsync("google-ads", Settings, google.Answer);
        await vendor.SendAsync(vendor.Item(Samples.Order));
        google.Revoke();
        Assert.Equal(["retry 401"], Vendor.Short(await vendor.SendAsync(vendor.Item(Samples.Order))));
        Assert.Equal(["200"], Vendor.Short(await vendor.SendAsync(vendor.Item(Samples.Order))));
        Assert.Equal(2, google.Tokens);
    }

    [Fact]
    public async Task SendAsync_RefreshTokenThatIsRefused_SendsNothingAndNamesTheRemedy()
    {
        await using var vendor = await Vendor.StartAsync("google-ads", Settings, _ =>
            new FakeAnswer(400, """{"error":"invalid_grant","error_description":"Token r-1 has been expired or revoked."}"""));
        var result = await vendor.SendAsync(vendor.Item(Samples.Order));
        Assert.Equal(["unreachable"], Vendor.Short(result));
        var reason = Vendor.Reason(result.Items[0]);
        Assert.StartsWith("no access token from oauth2.googleapis.com: HTTP 400 ", reason, StringComparison.Ordinal);
        Assert.EndsWith("Token *** has been expired or revoked.\"}; renew the credentials of the destination", reason, StringComparison.Ordinal);
        Assert.Single(vendor.Requests);
    }

    [Fact]
    public async Task SendAsync_PartialFailure_RefusesTheConversionsThatItNames()
    {
        await using var vendor = await Vendor.StartAsync("google-ads", Settings, new Google().Answer);
        var bad = Vendor.With(Samples.Order, """{"properties":{"gclid":"expired"}}""");
        var result = await vendor.SendAsync(vendor.Item(Samples.Order, 1), vendor.Item(bad, 2), vendor.Item(Samples.Order, 3));
        Assert.Equal(["200", "refused 200", "200"], Vendor.Short(result));
        Assert.Equal("HTTP 200 The click is too old.", Vendor.Reason(result.Items[1]));
    }

    [Fact]
    public void Batch_Conversions_AreTwoThousandAtMost()
    {
        using var destination = Vendor.Create("google-ads", Settings);
        Assert.Equal(2_000, destination.Batch("upload_click_conversion").Items);
    }

    private static string Sha256(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    // Google Identity: refreshing an access token. Google Ads API: UploadClickConversions, partial failures.
    private sealed class Google
    {
        private volatile string _token = "";
        private int _tokens;

        public int Tokens => _tokens;

        public void Revoke() => _token = "";

        public FakeAnswer Answer(ReceivedRequest request)
        {
            if (request.Url == "https://oauth2.googleapis.com/token")
            {
                if (request.Header("Content-Type") != "application/x-www-form-urlencoded"
                    || request.Body != "grant_type=refresh_token&client_id=c-1&client_secret=cs-1&refresh_token=r-1")
                {
                    return new FakeAnswer(400, """{"error":"invalid_request"}""");
                }
                _token = $"token-{Interlocked.Increment(ref _tokens)}";
                return new FakeAnswer(200, $$"""{"access_token":"{{_token}}","expires_in":3599,"token_type":"Bearer"}""");
            }
            if (request.Header("Authorization") != $"Bearer {_token}" || request.Header("developer-token") != "d-1")
            {
                return new FakeAnswer(401, """{"error":{"code":401,"status":"UNAUTHENTICATED"}}""");
            }
            var conversions = request.Json.GetProperty("conversions").EnumerateArray().ToList();
            if (conversions.Count > 2_000 || !request.Json.GetProperty("partialFailure").GetBoolean()) return new FakeAnswer(400);
            var errors = conversions.Index().Where(item => item.Item.GetProperty("gclid").GetString() == "expired").Select(item => new
            {
                errorCode = new { conversionUploadError = "EXPIRED_EVENT" },
                message = "The click is too old.",
                location = new { fieldPathElements = new object[] { new { fieldName = "conversions", index = item.Index }, new { fieldName = "gclid" } } },
            }).ToList();
            if (errors.Count == 0) return new FakeAnswer(200, """{"results":[{}]}""");
            const string Type = "type.googleapis.com/google.ads.googleads.v26.errors.GoogleAdsFailure";
            var failure = new Dictionary<string, object> { ["@type"] = Type, ["errors"] = errors };
            var error = new { code = 3, message = "Multiple errors", details = new[] { failure } };
            return new FakeAnswer(200, JsonSerializer.Serialize(new { partialFailureError = error }));
        }
    }
}
