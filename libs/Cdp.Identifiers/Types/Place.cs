namespace Cdp.Identifiers.Types;

/// <summary>A place where an event carries an identifier.</summary>
/// <param name="Member">The member of the event: one of <see cref="Values"/> or <see cref="Objects"/>.</param>
/// <param name="Path">The names below the member; empty if the member itself is the value.</param>
/// <param name="When">
/// Conditions, all of which must hold for the place to count: a path in <c>context</c> and the text there, compared ignoring case.
/// </param>
public sealed record Place(string Member, IReadOnlyList<string> Path, IReadOnlyList<(IReadOnlyList<string> Path, string Text)> When)
{
    /// <summary>A list of {id, type} in the context. An entry counts if its type is the name of the identifier type.</summary>
    public const string ExternalIds = "externalIds";

    /// <summary>Members that are a value.</summary>
    public static readonly IReadOnlyList<string> Values = ["userId", "anonymousId"];

    /// <summary>Members that are a JSON object.</summary>
    public static readonly IReadOnlyList<string> Objects = ["traits", "context", "properties", "extra"];

    public bool IsExternalIds => Member == "context" && Path is [ExternalIds];

    /// <summary>Parses a place such as <c>userId</c>, <c>context.device.id</c> or <c>traits.email</c>. Null if the text is not a place.</summary>
    public static Place? Parse(string text)
    {
        var names = text.Split('.');
        return names.All(name => name.Length > 0) && (names.Length == 1 ? Values : Objects).Contains(names[0]) ? new Place(names[0], names[1..], []) : null;
    }

    /// <summary>A place that is defined in code. Conditions are given as paths such as <c>context.device.type</c>.</summary>
    public static Place At(string text, params (string Path, string Text)[] when) =>
        Parse(text)! with { When = [.. when.Select(condition => ((IReadOnlyList<string>)condition.Path.Split('.')[1..], condition.Text))] };
}
