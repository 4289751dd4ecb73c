using Cdp.Destinations.Values;

namespace Cdp.Destinations.Fields;

/// <summary>What became of the fields that a mapping made from one event.</summary>
public abstract record FieldResult
{
    private FieldResult() { }

    /// <summary>The fields are as the action needs them.</summary>
    /// <param name="Payload">An object with the fields of the schema and no others. Valid as long as the document of the event.</param>
    public sealed record Prepared(Datum Payload) : FieldResult;

    /// <summary>The event cannot be sent: no attempt would succeed.</summary>
    /// <param name="Faults">One line for each fault: the path of the field and what is wrong, such as <c>/email is missing</c>. They hold no values.</param>
    public sealed record Invalid(IReadOnlyList<string> Faults) : FieldResult;
}
