using System.Buffers;
using System.Buffers.Binary;
using System.Text.Encodings.Web;
using System.Text.Json;
using Cdp.Functions.Contracts;

namespace Cdp.Functions.Workers;

/// <summary>
/// The messages between the host and a worker process: four bytes of length (little endian), then a JSON object whose <c>kind</c> names the message.
/// Host to worker: <c>load</c>, <c>run</c>, <c>response</c>. Worker to host: <c>loaded</c>, <c>fault</c>, <c>outcome</c>, <c>done</c>, <c>fetch</c>.
/// </summary>
internal static class Frame
{
    /// <summary>The largest frame, in bytes.</summary>
    public const int MaxLength = 128 << 20;

    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web);

    // The default encoder writes a quote as six characters, and events are full of quotes.
    private static readonly JsonWriterOptions Unchecked =
        new() { SkipValidation = true, MaxDepth = 1000, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static readonly JsonDocumentOptions Deep = new() { MaxDepth = 1000 };

    public static byte[] Load(FunctionDefinition definition, FunctionLimits limits, bool canFetch) => Write("load", json =>
    {
        json.WritePropertyName("definition");
        JsonSerializer.Serialize(json, definition, Options);
        json.WritePropertyName("limits");
        JsonSerializer.Serialize(json, limits, Options);
        json.WriteBoolean("canFetch", canFetch);
    });

    public static (FunctionDefinition Definition, FunctionLimits Limits, bool CanFetch) ReadLoad(JsonElement frame) => (
        frame.GetProperty("definition").Deserialize<FunctionDefinition>(Options)!,
        frame.GetProperty("limits").Deserialize<FunctionLimits>(Options)!,
        frame.GetProperty("canFetch").GetBoolean());

    /// <summary>A batch. The text of an event travels as a JSON string, because only the worker reads it: it may be anything.</summary>
    /// <param name="events">The events.</param>
    /// <param name="careful">Whether the worker sends each outcome at once.</param>
    public static byte[] Run(IReadOnlyList<EventInput> events, bool careful) => Write("run", json =>
    {
        json.WriteBoolean("careful", careful);
        json.WriteStartArray("events");
        foreach (var one in events)
        {
            json.WriteStartObject();
            json.WriteString("json", one.Json);
            if (one.Metadata is { } metadata) json.WriteString("metadata", metadata);
            if (one.Now is { } now) json.WriteString("now", now);
            json.WriteNumber("seed", one.Seed);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    });

    public static (IReadOnlyList<EventInput> Events, bool Careful) ReadRun(JsonElement frame) =>
        ([.. frame.GetProperty("events").EnumerateArray().Select(ReadInput)], frame.GetProperty("careful").GetBoolean());

    private static EventInput ReadInput(JsonElement item) =>
        new(item.GetProperty("json").GetString()!, item.TryGetProperty("metadata", out var metadata) ? metadata.GetString() : null)
        {
            Now = item.TryGetProperty("now", out var now) ? now.GetDateTimeOffset() : null,
            Seed = item.GetProperty("seed").GetUInt64(),
        };

    public static byte[] Outcome(int index, FunctionOutcome outcome) => Write("outcome", json =>
    {
        json.WriteNumber("index", index);
        if (outcome.Log.Length > 0) json.WriteString("log", outcome.Log);
        switch (outcome)
        {
            case FunctionOutcome.Kept kept:
                json.WriteStartArray("events");
                foreach (var item in kept.Events) json.WriteStringValue(item);
                json.WriteEndArray();
                break;
            case FunctionOutcome.Dropped dropped:
                json.WriteString("dropped", dropped.Reason);
                break;
            case FunctionOutcome.Failed failed:
                json.WritePropertyName("failed");
                JsonSerializer.Serialize(json, failed, Options);
                break;
        }
    });

    public static (int Index, FunctionOutcome Outcome) ReadOutcome(JsonElement frame)
    {
        FunctionOutcome outcome = frame.TryGetProperty("events", out var events)
            ? new FunctionOutcome.Kept([.. events.EnumerateArray().Select(item => item.GetString()!)])
            : frame.TryGetProperty("dropped", out var reason)
                ? new FunctionOutcome.Dropped(reason.GetString()!)
                : frame.GetProperty("failed").Deserialize<FunctionOutcome.Failed>(Options)!;
        return (frame.GetProperty("index").GetInt32(), frame.TryGetProperty("log", out var log) ? outcome with { Log = log.GetString()! } : outcome);
    }

    public static byte[] Loaded() => Write("loaded", _ => { });

    public static byte[] Done() => Write("done", _ => { });

    public static byte[] Fault(FunctionException e) => Write("fault", json =>
    {
        json.WriteString("message", e.Fault);
        if (e.Module is not null) json.WriteString("module", e.Module);
        if (e.Line is { } line) json.WriteNumber("line", line);
        if (e.Column is { } column) json.WriteNumber("column", column);
    });

    public static FunctionException ReadFault(JsonElement frame) => new(
        frame.GetProperty("message").GetString()!,
        frame.TryGetProperty("module", out var module) ? module.GetString() : null,
        frame.TryGetProperty("line", out var line) ? line.GetInt32() : null,
        frame.TryGetProperty("column", out var column) ? column.GetInt32() : null);

    public static byte[] Fetch(int id, FetchRequest request) => Write("fetch", json =>
    {
        json.WriteNumber("id", id);
        json.WritePropertyName("request");
        JsonSerializer.Serialize(json, request, Options);
    });

    public static (int Id, FetchRequest Request) ReadFetch(JsonElement frame) =>
        (frame.GetProperty("id").GetInt32(), frame.GetProperty("request").Deserialize<FetchRequest>(Options)!);

    public static byte[] Response(int id, FetchResponse? response, string? error) => Write("response", json =>
    {
        json.WriteNumber("id", id);
        if (error is not null) json.WriteString("error", error);
        if (response is null) return;
        json.WritePropertyName("response");
        JsonSerializer.Serialize(json, response, Options);
    });

    public static (int Id, FetchResponse? Response, string? Error) ReadResponse(JsonElement frame) => (
        frame.GetProperty("id").GetInt32(),
        frame.TryGetProperty("response", out var response) ? response.Deserialize<FetchResponse>(Options) : null,
        frame.TryGetProperty("error", out var error) ? error.GetString() : null);

    public static string Kind(JsonElement frame) => frame.GetProperty("kind").GetString()!;

    /// <summary>Parses the bytes of a frame without its length.</summary>
    /// <exception cref="JsonException">The bytes are not JSON.</exception>
    public static JsonDocument Parse(ReadOnlyMemory<byte> bytes) => JsonDocument.Parse(bytes, Deep);

    private static byte[] Write(string kind, Action<Utf8JsonWriter> members)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        buffer.Advance(sizeof(int));
        using (var json = new Utf8JsonWriter(buffer, Unchecked))
        {
            json.WriteStartObject();
            json.WriteString("kind", kind);
            members(json);
            json.WriteEndObject();
        }
        var frame = buffer.WrittenSpan.ToArray();
        BinaryPrimitives.WriteInt32LittleEndian(frame, frame.Length - sizeof(int));
        return frame;
    }
}
