using System.Text;

namespace Cdp.Ingestion.Tests.Hardening.Fuzzing;

/// <summary>What happens to the connection after the bytes of a request have been sent.</summary>
internal enum Ending
{
    /// <summary>The connection stays open: the request is complete and gets one answer, and others may follow.</summary>
    Open,

    /// <summary>The sender closes its half of the connection, and reads the answers.</summary>
    HalfClosed,

    /// <summary>The sender disconnects without reading.</summary>
    Aborted,
}

/// <summary>What is wrong with a generated request.</summary>
internal enum FuzzKind
{
    /// <summary>Nothing: an SDK would send such a request, and it must be accepted.</summary>
    Valid,

    /// <summary>It is valid HTTP with odd content.</summary>
    Odd,

    /// <summary>Bytes of its body were mutated.</summary>
    Mutated,

    /// <summary>Its body is not valid in the encoding that its headers name.</summary>
    Encoded,

    /// <summary>Its bytes are not valid HTTP.</summary>
    Broken,
}

/// <summary>A generated request. It depends only on the seed and its index, which therefore reproduce it.</summary>
internal sealed record FuzzRequest(int Index, FuzzKind Kind)
{
    /// <summary>The bytes to send, in the pieces in which they are sent.</summary>
    public List<byte[]> Pieces { get; } = [];

    public Ending Ending { get; init; }

    /// <summary>The body that the service reads after inflating it, or null if that is unknown.</summary>
    public byte[]? Body { get; set; }

    /// <summary>Whether the endpoint reads the body as a batch.</summary>
    public bool IsBatch { get; set; }

    /// <summary>How many of its events may be dropped because their user is suppressed.</summary>
    public int MaySuppress { get; set; }

    /// <summary>Whether a 200 means that events were accepted.</summary>
    public bool Collects { get; set; } = true;

    /// <summary>The bytes, escaped as in a C# string literal, so that a failed request can be sent again by hand.</summary>
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
