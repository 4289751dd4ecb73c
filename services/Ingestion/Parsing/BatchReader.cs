using System.Text.Json;
using System.Text.Unicode;

namespace Cdp.Ingestion.Parsing;

/// <summary>Reads a request's body, one event or a batch, in one pass.</summary>
public static class BatchReader
{
    // Deeper than an event may be, so that one event that goes too deep does not spoil its batch.
    private const int MaxDepth = 512;

    /// <param name="body">The body, inflated, without a byte order mark. Slices of the result point into it.</param>
    /// <param name="shape">What the body should hold.</param>
    /// <param name="submission">What it holds; to be disposed of once its events are judged.</param>
    /// <returns>Why the body as a whole is refused; null where it holds events to judge.</returns>
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
        catch (JsonException)
        {
            return Rejection.InvalidJson;
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
                    // The batch's counts before that of an item.
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
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (submission.Events.Count == limits.BatchEvents) return Rejection.TooManyEvents(limits.BatchEvents);
            submission.Events.Add(EventScanner.Scan(ref reader, body, type: null, submission));
        }
        return null;
    }

    // False where it goes deeper than an event that it is laid under may go.
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
