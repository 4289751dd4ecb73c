using System.Text;
using Cdp.Ingestion.Parsing.Tokens;

namespace Cdp.Ingestion.Parsing;

/// <summary>Where the bytes of a string are stored.</summary>
public enum TextPlace : byte
{
    /// <summary>Nowhere: the sender left the string out.</summary>
    None,

    /// <summary>In the body of the request.</summary>
    Request,

    /// <summary>In <see cref="Submission.Unescaped"/>.</summary>
    Unescaped,
}

/// <summary>A string in an event as UTF-8. It refers to the bytes in their place, so nothing is allocated.</summary>
public readonly record struct Utf8Text(TextPlace Place, Slice Slice)
{
    public bool IsMissing => Place == TextPlace.None;

    public Utf8Text Or(Utf8Text other) => IsMissing ? other : this;

    /// <summary>The bytes; empty if it is missing.</summary>
    public ReadOnlySpan<byte> Of(ReadOnlySpan<byte> body, Submission submission) => Slice.Of(Place == TextPlace.Unescaped ? submission.Unescaped : body);

    /// <summary>The value as a .NET string; null if it is missing.</summary>
    public string? Read(ReadOnlySpan<byte> body, Submission submission) => IsMissing ? null : Encoding.UTF8.GetString(Of(body, submission));
}
