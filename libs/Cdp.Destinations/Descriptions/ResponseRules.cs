using System.Globalization;
using System.Text;
using System.Text.Json;
using Cdp.Destinations.Delivery;
using Cdp.Destinations.Http;
using Cdp.Destinations.Values;

namespace Cdp.Destinations.Descriptions;

/// <summary>What a rule of a description makes of a response or of an item.</summary>
internal enum Verdict : byte
{
    Delivered,
    Retry,
    Refused,
}

/// <summary>A condition on the body of a response: one of the values at the path is among those of the rule.</summary>
/// <param name="Path">Where to look.</param>
/// <param name="Values">The values that match, as text; empty: any value but null, false, an empty string and an empty list.</param>
internal sealed record BodyCondition(ResponsePath Path, IReadOnlyList<string> Values)
{
    public bool Holds(JsonElement? body) => body is { } json && Path.Find(json).Any(found => Values.Count == 0
        ? found.Value.ValueKind switch
        {
            JsonValueKind.Null or JsonValueKind.False => false,
            JsonValueKind.String => found.Value.GetString()!.Length > 0,
            JsonValueKind.Array => found.Value.GetArrayLength() > 0,
            JsonValueKind.Object => found.Value.EnumerateObject().Any(),
            _ => true,
        }
        : Values.Contains(ResponsePath.Format(found.Value), StringComparer.Ordinal));
}

/// <summary>Where a response names single items.</summary>
/// <param name="Entries">The entries, one for each item at fault.</param>
/// <param name="Index">Where in an entry the number of the item stands, from 0, as a number or in a JSON pointer; null if the entry itself is that.</param>
/// <param name="Match">If not null, the entry has not the number of the item but the value at this path in the item.</param>
/// <param name="Reason">Where in an entry the reason stands; null for the place of the entry.</param>
/// <param name="Verdict">What becomes of the item.</param>
internal sealed record ItemEntries(ResponsePath Entries, ResponsePath? Index, ResponsePath? Match, ResponsePath? Reason, Verdict Verdict);

/// <summary>A rule of a description; the first one that matches a response decides.</summary>
internal sealed record ResponseRule
{
    /// <summary>The first and last status for which it holds.</summary>
    public required IReadOnlyList<(int From, int To)> Statuses { get; init; }

    public BodyCondition? Where { get; init; }

    /// <summary>For the whole response, if it names no items.</summary>
    public required Verdict Verdict { get; init; }

    /// <summary>The items that the response names.</summary>
    public IReadOnlyList<ItemEntries> Items { get; init; } = [];

    /// <summary>For the items that the response does not name, if it names others.</summary>
    public Verdict Others { get; init; }

    /// <summary>Where the reason may stand; the first one that is found counts. Empty: the beginning of the body.</summary>
    public IReadOnlyList<ResponsePath> Reasons { get; init; } = [];

    /// <summary>How long to wait before another attempt, if the response does not say.</summary>
    public TimeSpan? After { get; init; }

    /// <summary>A header with the time of another attempt in seconds since 1970.</summary>
    public string? ResetHeader { get; init; }

    public bool Matches(int status, JsonElement? body) =>
        Statuses.Any(range => status >= range.From && status <= range.To) && (Where is null || Where.Holds(body));
}

/// <summary>
/// How the responses of a target are interpreted: by the rules of its description, and where none matches by the status: 2xx is delivered, 408, 423, 429 and
/// 5xx except 501 are worth another attempt, all else is refused.
/// </summary>
internal sealed class ResponseRules(IReadOnlyList<ResponseRule> rules)
{
    private static readonly ResponseRule ByStatus = new() { Statuses = [(0, 999)], Verdict = Verdict.Delivered };

    /// <summary>The results of the items of a request.</summary>
    /// <param name="response">The response.</param>
    /// <param name="items">What stood for each item in the request.</param>
    /// <param name="secrets">What must not be in reasons.</param>
    /// <param name="now">The time.</param>
    public SendResult Interpret(InboundResponse response, IReadOnlyList<Datum> items, Secrets secrets, DateTimeOffset now)
    {
        var body = Parse(response);
        var rule = rules.FirstOrDefault(rule => rule.Matches(response.Status, body));
        var verdict = rule?.Verdict ?? ByStatusAlone(response.Status);
        rule ??= ByStatus;
        var after = (rule.ResetHeader is null ? null : HttpStatus.Until(response, rule.ResetHeader, now)) ?? HttpStatus.RetryAfter(response, now) ?? rule.After;
        var whole = Result(verdict, Reason(response, body, rule));
        var named = body is { } json ? Named(rule, json, items) : [];
        if (named.Count == 0) return SendResult.Whole(whole, items.Count);
        var other = Result(rule.Others, "other items of the batch were refused");
        return SendResult.PerItem([.. items.Select((_, index) => named.TryGetValue(index, out var item) ? Result(item.Verdict, item.Reason) : other)]);

        DeliveryResult Result(Verdict of, string reason) => of switch
        {
            Verdict.Delivered => new DeliveryResult.Delivered(response.Status),
            Verdict.Retry => new DeliveryResult.Retry(response.Status, secrets.Reason($"HTTP {response.Status} {reason}"), after),
            _ => new DeliveryResult.Refused(response.Status, secrets.Reason($"HTTP {response.Status} {reason}")),
        };
    }

    /// <summary>The response as JSON; null if it is not JSON, or is longer than what is read.</summary>
    public static JsonElement? Parse(InboundResponse response)
    {
        if (response.Body.Length == 0 || !response.IsBodyComplete) return null;
        try
        {
            return JsonElement.Parse(response.Body.Span);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static Verdict ByStatusAlone(int status) =>
        HttpStatus.IsSuccess(status) ? Verdict.Delivered : HttpStatus.IsRetryable(status) ? Verdict.Retry : Verdict.Refused;

    private static string Reason(InboundResponse response, JsonElement? body, ResponseRule rule)
    {
        if (response.Status is >= 300 and <= 399 && response.Headers.TryGetValue("Location", out var location))
        {
            return $"redirects to {location}; redirects are not followed: set the URL to that address if it is the right one";
        }
        var texts = body is { } json ? rule.Reasons.Select(path => path.Text(json)).OfType<string>().Take(3).ToList() : [];
        return texts.Count > 0 ? string.Join(": ", texts) : Encoding.UTF8.GetString(response.Body.Span);
    }

    private static Dictionary<int, (Verdict Verdict, string Reason)> Named(ResponseRule rule, JsonElement body, IReadOnlyList<Datum> items)
    {
        var named = new Dictionary<int, (Verdict Verdict, string Reason)>();
        foreach (var entries in rule.Items)
        {
            foreach (var entry in entries.Entries.Find(body))
            {
                var values = entries.Index is null ? [entry] : entries.Index.Find(entry.Value);
                var reason = (entries.Reason is null ? entry.Place : entries.Reason.Text(entry.Value)) ?? entry.Place;
                foreach (var index in values.SelectMany(value => Indexes(entries, value.Value, items)).Where(index => index >= 0 && index < items.Count))
                {
                    // An item that is refused for one reason is not saved by another that would pass.
                    if (!named.TryGetValue(index, out var before)) named[index] = (entries.Verdict, reason);
                    else if (entries.Verdict > before.Verdict) named[index] = (entries.Verdict, $"{reason}; {before.Reason}");
                    else named[index] = (before.Verdict, $"{before.Reason}; {reason}");
                }
            }
        }
        return named;
    }

    private static IEnumerable<int> Indexes(ItemEntries entries, JsonElement value, IReadOnlyList<Datum> items)
    {
        if (entries.Match is { } match && ResponsePath.Format(value) is { } text)
        {
            return items.Index().Where(item => string.Equals(match.Text(JsonElement.Parse(item.Item.ToJson())), text, StringComparison.OrdinalIgnoreCase))
                .Select(item => item.Index);
        }
        if (value.ValueKind == JsonValueKind.Number) return value.TryGetInt32(out var index) ? [index] : [];
        if (value.ValueKind != JsonValueKind.String) return [];
        foreach (var part in value.GetString()!.Split('/'))
        {
            if (int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out var inPointer)) return [inPointer];
        }
        return [];
    }
}
