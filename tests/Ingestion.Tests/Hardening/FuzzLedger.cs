using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using System.Text.Json;
using cdp;
using Cdp.Contracts;
using Cdp.Streaming;
using Confluent.Kafka;

namespace Cdp.Ingestion.Tests.Hardening;

/// <summary>What a request was answered, and what it may therefore have left in the topics.</summary>
internal sealed class FuzzOutcome(FuzzKind kind)
{
    public FuzzKind Kind { get; } = kind;

    /// <summary>Whether it went to an endpoint of the SDKs.</summary>
    public bool Collects { get; init; }

    /// <summary>Of the last answer; 0: there was none.</summary>
    public int Status { get; set; }

    /// <summary>Events that the answers say are taken, and are to be in events.collected.</summary>
    public int Accepted { get; set; }

    /// <summary>Their messageIds, a null where the service derives one; null: not known.</summary>
    public List<string?>? MessageIds { get; set; }

    /// <summary>Events that the answers say are rejected beside taken ones, and are to be in events.quarantined.</summary>
    public int Rejected { get; set; }

    /// <summary>How many of the accepted may be of users who are dropped, where the messageIds are not known.</summary>
    public int MaySuppress { get; set; }

    /// <summary>Something was not answered, or with 503: of that, anything may be in the topics.</summary>
    public bool IsOpen { get; set; }

    public List<string> Collected { get; } = [];
    public int Quarantined { get; set; }

    /// <summary>Null where the topics hold what the answers say.</summary>
    public string? Fault()
    {
        if (IsOpen) return Collected.Count < Accepted - MaySuppress ? Told : null;
        if (Kind == FuzzKind.Broken) return Accepted > 0 ? null : Collected.Count + Quarantined > 0 ? Told : null;
        if (Quarantined != Rejected) return Told;
        if (MessageIds is null) return Collected.Count > Accepted || Collected.Count < Accepted - MaySuppress ? Told : null;
        var found = Collected.ToList();
        var derived = MessageIds.RemoveAll(id => id is null);
        return MessageIds.TrueForAll(id => found.Remove(id!)) && found.Count == derived && found.TrueForAll(id => id.Length == 32) ? null : Told;
    }

    private string Told => $"answered {Status} with {Accepted} accepted [{string.Join(", ", MessageIds ?? [])}] and {Rejected} rejected, but collected are {Collected.Count} [{string.Join(", ", Collected)}] and quarantined {Quarantined}";
}

/// <summary>Reads bodies once more, by another reader than the service's, and tells what an answer to them says of events.</summary>
internal static class FuzzAnswers
{
    private static readonly JsonDocumentOptions Deep = new() { MaxDepth = 2000 };

    /// <returns>What is wrong with the answer in itself; null: nothing.</returns>
    public static string? Book(RawAnswer answer, FuzzRequest request, FuzzOutcome outcome)
    {
        outcome.Status = answer.Status;
        // Bytes that name another version of HTTP are told so by the server itself, as RFC 9110 has it; no request gets that far.
        if (answer.Status is < 200 or (>= 500 and not 503) && !(answer.Status == 505 && request.Kind == FuzzKind.Broken)) return $"answered {answer.Status}: {answer.Text}";
        if (answer.Status is 503 or 429 && answer.Header("Retry-After") is null) return $"answered {answer.Status} without Retry-After";
        if (answer.Status == 503) outcome.IsOpen = true;
        if (request.Kind == FuzzKind.Valid && request.Ending == Ending.Open && answer.Status is not (200 or 503)) return $"is as SDKs send it, and was answered {answer.Status}: {answer.Text}";
        JsonElement json = default;
        if (answer.IsJson && !TryParse(answer.Body, out json)) return $"answered no JSON: {answer.Text}";
        if (!request.Collects)
        {
            outcome.IsOpen |= answer.Status == 200;
            return null;
        }
        if (answer.Status != 200) return null;
        if (!answer.IsJson || !json.TryGetProperty("success", out var success) || success.ValueKind != JsonValueKind.True) return $"answered 200 without success: {answer.Text}";
        var rejected = json.TryGetProperty("rejected", out var list) ? list.EnumerateArray().Select(item => item.GetProperty("index").GetInt32()).ToHashSet() : [];
        outcome.Rejected += rejected.Count;
        if (request.Body is null)
        {
            outcome.Accepted += json.TryGetProperty("accepted", out var accepted) ? accepted.GetInt32() : 1;
            return null;
        }
        return BookEvents(request, outcome, rejected, json);
    }

    private static string? BookEvents(FuzzRequest request, FuzzOutcome outcome, HashSet<int> rejected, JsonElement json)
    {
        if (!TryParse(request.Body, out var body)) return "answered 200 for what is no JSON";
        List<JsonElement> items = !request.IsBatch ? [body] : Member(body, "batch") is { ValueKind: JsonValueKind.Array } batch ? [.. batch.EnumerateArray()] : [];
        if (items.Count == 0) return "answered 200 for no events";
        var taken = items.Where((_, index) => !rejected.Contains(index)).ToList();
        if (json.TryGetProperty("accepted", out var accepted) && accepted.GetInt32() != taken.Count) return $"answered accepted {accepted}, rejected {rejected.Count} of {items.Count}";
        if (taken.Find(item => item.ValueKind != JsonValueKind.Object) is { ValueKind: not JsonValueKind.Undefined } odd) return $"took {odd.ValueKind} for an event";
        outcome.MessageIds = [.. taken.Where(item => Text(Member(item, "userId")) != JsonGrammar.Suppressed).Select(item => Text(Member(item, "messageId")) is { } id && !string.IsNullOrWhiteSpace(id) ? id : null)];
        outcome.Accepted = outcome.MessageIds.Count;
        return null;
    }

    private static string? Text(JsonElement? member) => member switch
    {
        { ValueKind: JsonValueKind.String } text => text.GetString(),
        { ValueKind: JsonValueKind.Number } number => number.GetRawText(),
        _ => null,
    };

    // The last of its name.
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
            return false; // half a surrogate pair is nobody's name
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

/// <summary>Reads what the topics came to hold since it was last asked.</summary>
internal sealed class TopicTail(KafkaOptions kafka) : IDisposable
{
    private static readonly Topic[] Written = [Topics.EventsCollected, Topics.EventsQuarantined];

    private readonly CachedCodec _codec = new(kafka);
    private readonly Dictionary<TopicPartition, Offset> _next = Written.SelectMany(topic => Enumerable.Range(0, 3).Select(partition => new TopicPartition(kafka.TopicPrefix + topic.Name, partition))).ToDictionary(partition => partition, _ => Offset.Beginning);

    /// <param name="collected">Gets the record's trace, empty where it has none, and its event.</param>
    /// <param name="quarantined">The same of events.quarantined.</param>
    public void Read(Action<string, CollectedEvent> collected, Action<string, QuarantinedEvent> quarantined)
    {
        using var consumer = new ConsumerBuilder<Ignore, byte[]>(kafka.Consumer("hardening")).Build();
        consumer.Assign(_next.Select(next => new TopicPartitionOffset(next.Key, next.Value)));
        for (var ends = 0; ends < _next.Count;)
        {
            var result = consumer.Consume(TimeSpan.FromSeconds(10)) ?? throw new TimeoutException("the topics did not end");
            _next[result.TopicPartition] = result.Offset;
            if (result.IsPartitionEOF)
            {
                ends++;
                continue;
            }
            _next[result.TopicPartition] = result.Offset + 1;
            var trace = result.Message.Headers.TryGetLastBytes(TraceHeader.Name, out var header) ? Encoding.ASCII.GetString(header, 3, 32) : "";
            var record = _codec.Codec.Decode(result.Message.Value);
            if (record is CollectedEvent e) collected(trace, e);
            else quarantined(trace, (QuarantinedEvent)record);
        }
    }

    public void Dispose() => _codec.Dispose();

    private sealed class CachedCodec : IDisposable
    {
        private readonly Confluent.SchemaRegistry.ISchemaRegistryClient _registry;

        public CachedCodec(KafkaOptions kafka)
        {
            _registry = kafka.Registry();
            Codec = new AvroCodec(_registry, kafka.TopicPrefix);
        }

        public AvroCodec Codec { get; }

        public void Dispose() => _registry.Dispose();
    }
}
