using System.Text;

namespace Cdp.Ingestion.Tests.Hardening;

/// <summary>How a connection goes on after its bytes were sent.</summary>
internal enum Ending
{
    /// <summary>The framing is whole: there is one answer, and others may follow on the connection.</summary>
    Open,

    /// <summary>The sender says that it is done, and reads what comes.</summary>
    HalfClosed,

    /// <summary>The sender is gone without a word.</summary>
    Aborted,
}

/// <summary>What a request of the fuzzer is made to be.</summary>
internal enum FuzzKind
{
    /// <summary>As an SDK would send it; must be taken.</summary>
    Valid,

    /// <summary>Right in its framing, odd in what it says.</summary>
    Odd,

    /// <summary>Its body's bytes were mutated.</summary>
    Mutated,

    /// <summary>Its body is not in the encoding that its headers say, or broken in it.</summary>
    Encoded,

    /// <summary>The bytes on the wire are no HTTP, or not what they announce.</summary>
    Broken,
}

/// <summary>A request of the fuzzer: made of the seed and its index alone, so that both bring it back.</summary>
internal sealed record FuzzRequest(int Index, FuzzKind Kind)
{
    /// <summary>The bytes to send, in the pieces to send them in.</summary>
    public List<byte[]> Pieces { get; } = [];

    public Ending Ending { get; init; }

    /// <summary>What the service should come to read, inflated; null where that is not known beforehand.</summary>
    public byte[]? Body { get; set; }

    /// <summary>Whether the body is read as a batch.</summary>
    public bool IsBatch { get; set; }

    /// <summary>How many of its events may be of a user who is dropped.</summary>
    public int MaySuppress { get; set; }

    /// <summary>Whether a 200 says that events were taken.</summary>
    public bool Collects { get; set; } = true;

    /// <summary>The bytes as a C# string literal's inside: a failure can be sent again by hand.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        foreach (var value in Pieces.SelectMany(piece => piece).Take(20_000))
        {
            if (value is (byte)'\\' or (byte)'"') text.Append('\\').Append((char)value);
            else if (value is >= 0x20 and < 0x7f) text.Append((char)value);
            else if (value == (byte)'\r') text.Append("\\r");
            else if (value == (byte)'\n') text.Append("\\n");
            else text.Append("\\x").Append(value.ToString("x2", null));
        }
        return $"request {Index} ({Kind}, {Ending}): {text}";
    }
}
