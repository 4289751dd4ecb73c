namespace Cdp.Identifiers;

/// <summary>Where an event carries an identifier.</summary>
/// <param name="Member">The member of the event; <see cref="Members"/>.</param>
/// <param name="Path">The names below it; empty where the member itself is the value.</param>
/// <param name="When">Paths within <c>context</c> and the text that must stand there, whatever its case, for the place to count.</param>
public sealed record Place(string Member, IReadOnlyList<string> Path, IReadOnlyList<(IReadOnlyList<string> Path, string Text)> When)
{
    /// <summary>A list of {id, type}: those count whose type is the identifier type's name.</summary>
    public const string ExternalIds = "externalIds";

    /// <summary>The members that are a value, and those that are a JSON object.</summary>
    public static readonly IReadOnlyList<string> Values = ["userId", "anonymousId"], Objects = ["traits", "context", "properties", "extra"];

    public bool IsExternalIds => Member == "context" && Path is [ExternalIds];

    /// <summary>Null where the text is no place, such as <c>userId</c>, <c>context.device.id</c> or <c>traits.email</c>.</summary>
    public static Place? Parse(string text)
    {
        var names = text.Split('.');
        return names.All(name => name.Length > 0) && (names.Length == 1 ? Values : Objects).Contains(names[0]) ? new Place(names[0], names[1..], []) : null;
    }

    /// <summary>As <see cref="Parse"/>, of a text of our own.</summary>
    public static Place At(string text, params (string Path, string Text)[] when) =>
        Parse(text)! with { When = [.. when.Select(condition => ((IReadOnlyList<string>)condition.Path.Split('.')[1..], condition.Text))] };
}
