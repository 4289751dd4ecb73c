using System.Buffers;
using System.Text;
using System.Text.Json;
using Cdp.Ingestion.Parsing.Tokens;

namespace Cdp.Ingestion.Parsing;

/// <summary>The scanned events of one request and the members they share. Dispose returns its lists for reuse by the next request on the same thread.</summary>
public sealed class Submission : IDisposable
{
    // Larger batches are rare; their lists are left to the garbage collector.
    private const int KeptEvents = 512;
    private const int KeptBytes = 64 * 1024;

    [ThreadStatic]
    private static Submission? _spare;

    private readonly ArrayBufferWriter<byte> _unescaped = new();

    private Submission()
    {
        // Rent() reuses a disposed instance.
    }

    public List<ScannedEvent> Events { get; } = [];

    /// <summary>Members of events that the contract does not name, each with its name, as they were sent.</summary>
    public List<Slice> Extras { get; } = [];

    /// <summary>Strings that had to be changed, because they contain escapes or are not in canonical form.</summary>
    public ReadOnlySpan<byte> Unescaped => _unescaped.WrittenSpan;

    public Slice Context { get; set; }
    public Slice Integrations { get; set; }
    public DateTime? SentAt { get; set; }

    /// <summary>The batch has <c>"historical": true</c>.</summary>
    public bool IsHistorical { get; set; }

    public string? WriteKey { get; set; }

    public static Submission Rent()
    {
        var submission = _spare ?? new Submission();
        _spare = null;
        return submission;
    }

    /// <summary>Resolves the escapes of the string at the reader's position.</summary>
    /// <returns>False if its bytes are not UTF-8 or its escapes contain an unpaired surrogate.</returns>
    public bool TryUnescape(ref Utf8JsonReader reader, out Utf8Text text)
    {
        try
        {
            var length = reader.CopyString(_unescaped.GetSpan(reader.ValueSpan.Length));
            text = new Utf8Text(TextPlace.Unescaped, new Slice(_unescaped.WrittenCount, length));
            _unescaped.Advance(length);
            return true;
        }
        catch (InvalidOperationException)
        {
            // Utf8JsonReader offers no way to check beforehand.
            text = default;
            return false;
        }
    }

    /// <summary>Stores a string that differs from the bytes of the request.</summary>
    public Utf8Text Keep(string text)
    {
        var start = _unescaped.WrittenCount;
        var length = (int)Encoding.UTF8.GetBytes(text, _unescaped);
        return new Utf8Text(TextPlace.Unescaped, new Slice(start, length));
    }

    public void Dispose()
    {
        if (Events.Capacity > KeptEvents || Extras.Capacity > KeptEvents || _unescaped.Capacity > KeptBytes) return;
        Events.Clear();
        Extras.Clear();
        _unescaped.ResetWrittenCount();
        (Context, Integrations, SentAt, IsHistorical, WriteKey) = (default, default, null, false, null);
        _spare = this;
    }
}
