using System.Text.Json;
using System.Text.Unicode;
using Cdp.Ingestion.Parsing.Tokens;

namespace Cdp.Ingestion.Parsing;

/// <summary>Reads the body of a request, one event or a batch, in a single pass.</summary>
public static class BatchReader
{
    // More than the depth allowed for an event, so that a single event nested too deeply does not make its whole batch unreadable.
    private const int MaxDepth = 512;

    /// <param name="body">The decompressed body without a byte order mark. Slices of the result point into it.</param>
    /// <param name="shape">What the body is expected to contain.</param>
    /// <param name="submission">What the body contains. The caller disposes of it after parsing the events.</param>
    /// <returns>Why the whole body is refused; null if it contains events to parse.</returns>
    public static Rejection? Read(ReadOnlySpan<byte> body, Shape shape, LimitOptions limits, out Submission submission)
    {
        submission = Submission.Rent();
        if (body.IsEmpty) return Rejection.EmptyBody;
        var reader = new Utf8JsonReader(body, new JsonReaderOptions { MaxDepth = MaxDepth });
        try
        {
            reader.Read();
            if (shape.IsBatch && ReadBatch(ref reader, body, limits, submission) is { } rejection) return rejection;
            if (!shape.IsBatch) submission.Events.Add(EventScanner.Scan(ref reader, body, shape.Type, submission));
            reader.Read();
        }
        catch (JsonException e)
        {
            return Rejection.InvalidJsonAt(e);
        }
        return submission.Events.Count == 0 ? Rejection.EmptyBatch : null;
    }

    private static Rejection? ReadBatch(ref Utf8JsonReader reader, ReadOnlySpan<byte> body, LimitOptions limits, Submission submission)
    {
        if (reader.TokenType != JsonTokenType.StartObject) return Rejection.EmptyBatch;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            var isBatch = JsonText.Is(ref reader, "batch"u8);
            var member = EventScanner.Find(ref reader);
            reader.Read();
            switch (member)
            {
                case Member.Unknown when isBatch:
                    if (ReadEvents(ref reader, body, limits, submission) is { } rejection) return rejection;
                    break;
                case Member.SentAt:
                    submission.SentAt = JsonText.TryGetTime(ref reader, out var sentAt) ? sentAt : null;
                    reader.Skip();
                    break;
                case Member.WriteKey:
                    // The batch's write key takes precedence over that of an item.
                    if (reader.TokenType == JsonTokenType.String && JsonText.TryGet(ref reader, out var key)) submission.WriteKey = key;
                    reader.Skip();
                    break;
                case Member.Historical:
                    submission.IsHistorical = reader.TokenType == JsonTokenType.True;
                    reader.Skip();
                    break;
                case Member.Context:
                    if (!TryReadObject(ref reader, out var context)) return Rejection.TooDeep(EventScanner.MaxDepth);
                    submission.Context = context;
                    break;
                case Member.Integrations:
                    if (!TryReadObject(ref reader, out var integrations)) return Rejection.TooDeep(EventScanner.MaxDepth);
                    submission.Integrations = integrations;
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }
        return Utf8.IsValid(submission.Context.Of(body)) && Utf8.IsValid(submission.Integrations.Of(body)) ? null : Rejection.InvalidUtf8;
    }

    private static Rejection? ReadEvents(ref Utf8JsonReader reader, ReadOnlySpan<byte> body, LimitOptions limits, Submission submission)
    {
        submission.Events.Clear();
        submission.Extras.Clear();
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            reader.Skip();
            return null;
        }
        try
        {
            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                if (submission.Events.Count == limits.BatchEvents) return Rejection.TooManyEvents(limits.BatchEvents);
                submission.Events.Add(EventScanner.Scan(ref reader, body, type: null, submission));
            }
        }
        catch (JsonException e)
        {
            return Rejection.InvalidJsonAt(e, item: submission.Events.Count);
        }
        return null;
    }

    // False if the object is nested more deeply than the events it is merged into may be.
    private static bool TryReadObject(ref Utf8JsonReader reader, out Slice read)
    {
        read = default;
        var start = (int)reader.TokenStartIndex;
        var (isObject, top, deepest) = (reader.TokenType == JsonTokenType.StartObject, reader.CurrentDepth, 0);
        if (!isObject) reader.Skip();
        while (isObject && reader.Read() && reader.CurrentDepth > top) deepest = Math.Max(deepest, reader.CurrentDepth);
        if (isObject) read = new Slice(start, (int)reader.BytesConsumed - start);
        return deepest <= EventScanner.MaxDepth;
    }
}
