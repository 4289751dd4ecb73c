using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace Cdp.Ingestion.Tests.Hardening.Fuzzing;

/// <summary>Checks answers, and records in the outcome which events they report. It uses a different JSON reader than the service.</summary>
internal static class FuzzAnswers
{
    private static readonly JsonDocumentOptions Deep = new() { MaxDepth = 2000 };

    /// <returns>What is wrong with the answer, or null.</returns>
    public static string? Record(RawAnswer answer, FuzzRequest request, FuzzOutcome outcome)
    {
        outcome.Status = answer.Status;
        if (FindBadStatus(answer, request) is { } fault) return fault;
        if (answer.Status == 503) outcome.IsOpen = true;
        JsonElement json = default;
        if (answer.IsJson && !TryParse(answer.Body, out json)) return $"answered no JSON: {answer.Text}";
        if (!request.Collects)
        {
            outcome.IsOpen |= answer.Status == 200;
            // The report of a file without a valid row: each of its rows is in quarantine.
            if (answer.Status == 400 && TryParse(answer.Body, out var report) && IsNoneAccepted(report))
            {
                outcome.Rejected += report.GetProperty("rejected").GetInt32();
            }
            return null;
        }
        if (answer.Status != 200) return null;
        if (!answer.IsJson || !json.TryGetProperty("success", out var success) || success.ValueKind != JsonValueKind.True)
        {
            return $"answered 200 without success: {answer.Text}";
        }
        var rejected = json.TryGetProperty("rejected", out var list)
            ? list.EnumerateArray().Select(item => item.GetProperty("index").GetInt32()).ToHashSet()
            : [];
        outcome.Rejected += rejected.Count;
        if (request.Body is not null) return RecordEvents(request, outcome, rejected, json);
        outcome.Accepted += json.TryGetProperty("accepted", out var accepted) ? accepted.GetInt32() : 1;
        return null;
    }

    private static string? FindBadStatus(RawAnswer answer, FuzzRequest request)
    {
        // Bytes that name another version of HTTP are refused with 505 by the server itself (RFC 9110).
        var isVersionRefused = answer.Status == 505 && request.Kind == FuzzKind.Broken;
        if (answer.Status is < 200 or (>= 500 and not 503) && !isVersionRefused) return $"answered {answer.Status}: {answer.Text}";
        if (answer.Status is 503 or 429 && answer.Header("Retry-After") is null) return $"answered {answer.Status} without Retry-After";
        if (request.Kind == FuzzKind.Valid && request.Ending == Ending.Open && answer.Status is not (200 or 503))
        {
            return $"is a valid SDK request, and was answered {answer.Status}: {answer.Text}";
        }
        return null;
    }

    private static bool IsNoneAccepted(JsonElement json) =>
        json.ValueKind == JsonValueKind.Object && json.TryGetProperty("error", out var error) && error.GetProperty("code").GetString() == "none_accepted";

    private static string? RecordEvents(FuzzRequest request, FuzzOutcome outcome, HashSet<int> rejected, JsonElement json)
    {
        if (!TryParse(request.Body, out var body)) return "answered 200 to a body that is not JSON";
        var items = ItemsOf(body, request.IsBatch);
        if (items.Count == 0) return "answered 200 to a body without events";
        var acceptedItems = items.Where((_, index) => !rejected.Contains(index)).ToList();
        if (json.TryGetProperty("accepted", out var accepted) && accepted.GetInt32() != acceptedItems.Count)
        {
            return $"answered accepted {accepted}, rejected {rejected.Count} of {items.Count}";
        }
        if (acceptedItems.Find(item => item.ValueKind != JsonValueKind.Object) is { ValueKind: not JsonValueKind.Undefined } other)
        {
            return $"accepted a {other.ValueKind} as an event";
        }
        outcome.MessageIds =
        [
            .. from item in acceptedItems
               where Text(Member(item, "userId")) != JsonGrammar.Suppressed
               select Text(Member(item, "messageId")) is { } id && !string.IsNullOrWhiteSpace(id) ? id : null,
        ];
        outcome.Accepted = outcome.MessageIds.Count;
        return null;
    }

    private static List<JsonElement> ItemsOf(JsonElement body, bool isBatch)
    {
        if (!isBatch) return [body];
        return Member(body, "batch") is { ValueKind: JsonValueKind.Array } batch ? [.. batch.EnumerateArray()] : [];
    }

    private static string? Text(JsonElement? member) => member switch
    {
        { ValueKind: JsonValueKind.String } text => text.GetString(),
        { ValueKind: JsonValueKind.Number } number => number.GetRawText(),
        _ => null,
    };

    /// <summary>The last member of this name, as the service reads it.</summary>
    private static JsonElement? Member(JsonElement element, string name)
    {
        JsonElement? found = null;
        foreach (var member in element.EnumerateObject())
        {
            if (IsNamed(member, name)) found = member.Value;
        }
        return found;
    }

    private static bool IsNamed(JsonProperty member, string name)
    {
        try
        {
            return member.NameEquals(name);
        }
        catch (InvalidOperationException)
        {
            return false; // an unpaired surrogate in the name, which no known name has
        }
    }

    private static bool TryParse([NotNullWhen(true)] byte[]? bytes, out JsonElement json)
    {
        json = default;
        if (bytes is null) return false;
        try
        {
            var start = bytes.AsSpan().StartsWith("\uFEFF"u8) ? 3 : 0;
            json = JsonDocument.Parse(bytes.AsMemory(start), Deep).RootElement;
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
