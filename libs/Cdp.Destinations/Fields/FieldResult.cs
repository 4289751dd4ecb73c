using Cdp.Destinations.Values;

namespace Cdp.Destinations.Fields;

/// <summary>The result of preparing the fields that a mapping made from one event.</summary>
public abstract record FieldResult
{
    private FieldResult() { }

    /// <summary>The fields are valid for the action.</summary>
    /// <param name="Payload">An object with the fields of the schema and no others. Valid until the document of the event is disposed.</param>
    public sealed record Prepared(Datum Payload) : FieldResult;

    /// <summary>The event cannot be sent: no attempt would succeed.</summary>
    /// <param name="Faults">One line for each fault, with the path of the field, such as <c>/email is missing</c>. They contain no values of the event.</param>
    public sealed record Invalid(IReadOnlyList<string> Faults) : FieldResult;
}
