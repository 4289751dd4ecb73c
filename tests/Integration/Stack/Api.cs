using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Xunit;

namespace Cdp.Integration.Stack;

/// <summary>HTTP clients for the APIs of the services, and helpers for the tests.</summary>
public static class Api
{
    /// <summary>A client that sends events with a write key.</summary>
    public static HttpClient Sender(RunningService ingestion, string writeKey)
    {
        var http = new HttpClient { BaseAddress = new Uri(ingestion.Url) };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{writeKey}:")));
        return http;
    }

    /// <summary>A client with the token for the profile API and the identity API.</summary>
    public static HttpClient Client(RunningService service)
    {
        var http = new HttpClient { BaseAddress = new Uri(service.Url) };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Cluster.Token);
        return http;
    }

    /// <summary>Sends a call, such as track, and asserts that it is accepted.</summary>
    public static async Task SendAsync(this HttpClient sender, string call, string json)
    {
        using var response = await sender.PostAsync(
            $"/v1/{call}", new StringContent(json, Encoding.UTF8, "application/json"), TestContext.Current.CancellationToken);
        Assert.True(response.StatusCode == HttpStatusCode.OK, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    /// <summary>GET; null if the answer is not 200.</summary>
    public static async Task<JsonElement?> FindAsync(this HttpClient client, string path)
    {
        using var response = await client.GetAsync(path, TestContext.Current.CancellationToken);
        if (response.StatusCode != HttpStatusCode.OK) return null;
        return await response.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken);
    }

    /// <summary>Waits until a profile has this <see cref="Summary"/>.</summary>
    /// <param name="profiles">The profile API.</param>
    /// <param name="profile">Type and value of an identifier, such as user_id/ada, with a query if needed.</param>
    /// <param name="expected">The expected summary.</param>
    public static Task UntilProfileAsync(this HttpClient profiles, string profile, string expected) => Eventually.EqualAsync(
        expected, async () => await profiles.FindAsync($"/v1/profiles/{profile}") is { } found ? Summary(found) : "no profile", profile);

    /// <summary>A profile as one line: identifiers, traits, and counts by event name.</summary>
    public static string Summary(JsonElement profile) => string.Join(
        ' ',
        string.Join(
            ',',
            profile.GetProperty("identifiers").EnumerateArray().Select(identifier => $"{identifier.GetProperty("type")}={identifier.GetProperty("value")}")),
        string.Join(',', profile.GetProperty("traits").EnumerateObject().Select(trait => $"{trait.Name}={trait.Value}")),
        string.Join(',', profile.GetProperty("counts").EnumerateObject().Select(count => $"{count.Name}={count.Value.GetProperty("count")}")));
}
