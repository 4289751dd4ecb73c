using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace Cdp.Local.Demo;

/// <summary>
/// An anonymous visitor browses, logs in and orders. It runs on ports and data of its own, over HTTP as an SDK would, and leaves nothing behind.
/// </summary>
public sealed class Story : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly HttpClient _http = new() { Timeout = Patience };
    private readonly LocalStack _stack;

    private Story(LocalStack stack) => _stack = stack;

    /// <summary>Tells it. 0: the profile and the delivery are right.</summary>
    public static async Task<int> RunAsync()
    {
        var directory = Directory.CreateTempSubdirectory("cdp-demo-").FullName;
        try
        {
            await using var receiver = await WebhookReceiver.StartAsync();
            var options = new LocalOptions
            {
                IngestionPort = 0,
                ProfilesPort = 0,
                IdentityPort = 0,
                RegistryPort = 0,
                KafkaPort = 0,
                RedisPort = 0,
                DataDirectory = Path.Combine(directory, "data"),
                ConfigDirectory = DemoConfig.Write(Path.Combine(directory, "config"), receiver),
            };
            var start = Stopwatch.StartNew();
            await using var stack = await LocalStack.StartAsync(options);
            Console.WriteLine($"everything is up after {start.Elapsed.TotalSeconds:F1} s");
            using var story = new Story(stack);
            return await story.TellAsync(receiver) ? 0 : 1;
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    public void Dispose() => _http.Dispose();

    private async Task<bool> TellAsync(WebhookReceiver receiver)
    {
        await SendAsync("a visitor opens the shop", "page", """{"anonymousId":"visitor-7","name":"Home"}""");
        await SendAsync("looks at a product", "track", """{"anonymousId":"visitor-7","event":"Product Viewed","properties":{"sku":"LAMP-1"}}""");
        await SendAsync("logs in", "identify", """{"anonymousId":"visitor-7","userId":"ada","traits":{"name":"Ada Lovelace","plan":"pro"}}""");
        await SendAsync("orders", "track", """{"anonymousId":"visitor-7","userId":"ada","event":"Order Completed","properties":{"order_id":"o-1","revenue":49.9}}""");

        var (profile, faults) = await ProfileAsync();
        Say($"GET {_stack.Services!.Url("profiles")}/v1/profiles/user_id/ada");
        Console.WriteLine(profile is { } found ? JsonSerializer.Serialize(found, Indented) : "(no profile)");
        foreach (var fault in faults) Console.WriteLine($"WRONG: {fault}");

        var delivery = await receiver.WaitForAsync("Order Completed", Patience);
        Say(delivery switch
        {
            null => "WRONG: the webhook was not called with the order",
            { IsSigned: false } => "WRONG: the webhook was called with the order, but the signature does not fit",
            _ => $"the webhook was called with the order, signature verified, idempotency key {delivery.IdempotencyKey}",
        });
        var isRight = faults.Count == 0 && delivery is { IsSigned: true };
        Console.WriteLine(isRight ? "The demo is right: one customer, before and after the login." : "The demo FAILED.");
        return isRight;
    }

    private async Task SendAsync(string step, string call, string json)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"{_stack.Services!.Url("ingestion")}/v1/{call}")
        {
            Content = new StringContent(json, Encoding.UTF8, "application/json"),
        };
        request.Headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(_stack.Secrets.WriteKey + ":")));
        using var response = await _http.SendAsync(request);
        Say($"{step,-26}{call,-9}{json}  {(int)response.StatusCode} {await response.Content.ReadAsStringAsync()}");
    }

    // Asks until it is as it should be, or patience ends.
    private async Task<(JsonElement? Profile, IReadOnlyList<string> Faults)> ProfileAsync()
    {
        JsonElement? profile = null;
        var faults = (IReadOnlyList<string>)["there is no profile of user_id ada"];
        for (var asked = Stopwatch.StartNew(); faults.Count > 0 && asked.Elapsed < Patience; await Task.Delay(20))
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, $"{_stack.Services!.Url("profiles")}/v1/profiles/user_id/ada");
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", _stack.Secrets.ApiToken);
            using var response = await _http.SendAsync(request);
            if (!response.IsSuccessStatusCode) continue;
            profile = JsonSerializer.Deserialize<JsonElement>(await response.Content.ReadAsStringAsync());
            faults = ExpectedProfile.Faults(profile.Value);
        }
        return (profile, faults);
    }

    private void Say(string line) => Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{_clock.Elapsed.TotalSeconds,7:F3} s  {line}"));
}
