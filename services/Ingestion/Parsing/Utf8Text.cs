using System.Text;

namespace Cdp.Ingestion.Parsing;

/// <summary>Where the bytes of a text are.</summary>
public enum TextPlace : byte
{
    /// <summary>The sender left it out.</summary>
    None,

    /// <summary>In the request, which writes it without escapes.</summary>
    Request,

    /// <summary>In <see cref="Submission.Unescaped"/>.</summary>
    Unescaped,
}

/// <summary>A text of an event as UTF-8: its place, not its bytes, so that reading it makes no string.</summary>
public readonly record struct Utf8Text(TextPlace Place, Slice Slice)
{
    public bool IsMissing => Place == TextPlace.None;

    public Utf8Text Or(Utf8Text other) => IsMissing ? other : this;

    /// <summary>The bytes; none where it is missing.</summary>
    public ReadOnlySpan<byte> Of(ReadOnlySpan<byte> body, Submission submission) => Slice.Of(Place == TextPlace.Unescaped ? submission.Unescaped : body);

    /// <summary>The text; null where it is missing.</summary>
    public string? Read(ReadOnlySpan<byte> body, Submission submission) => IsMissing ? null : Encoding.UTF8.GetString(Of(body, submission));
}
