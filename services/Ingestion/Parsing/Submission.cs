using System.Buffers;
using System.Text;
using System.Text.Json;

namespace Cdp.Ingestion.Parsing;

/// <summary>What one request holds: its events, and what they have in common. Its lists are used again by the thread's next request once it is disposed.</summary>
public sealed class Submission : IDisposable
{
    // A larger batch is rare, and its lists are left to the collector.
    private const int KeptEvents = 512;
    private const int KeptBytes = 64 * 1024;

    [ThreadStatic]
    private static Submission? _spare;

    private readonly ArrayBufferWriter<byte> _unescaped = new();

    private Submission()
    {
        // One is rented, and not made, so that it comes back.
    }

    public List<ScannedEvent> Events { get; } = [];

    /// <summary>Members of events that the contract does not name, each with its name, as sent.</summary>
    public List<Slice> Extras { get; } = [];

    /// <summary>The texts that the request writes with escapes, resolved.</summary>
    public ReadOnlySpan<byte> Unescaped => _unescaped.WrittenSpan;

    public Slice Context { get; set; }
    public Slice Integrations { get; set; }
    public DateTime? SentAt { get; set; }

    /// <summary>The batch says that its events happened long ago.</summary>
    public bool IsHistorical { get; set; }

    public string? WriteKey { get; set; }

    public static Submission Rent()
    {
        var submission = _spare ?? new Submission();
        _spare = null;
        return submission;
    }

    /// <summary>The text that the reader stands on, without escapes.</summary>
    /// <returns>False where its bytes are not UTF-8 or its escapes leave half a surrogate pair.</returns>
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
            // The reader has no way to ask beforehand.
            text = default;
            return false;
        }
    }

    /// <summary>Keeps a text that stands in the request in pieces.</summary>
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
