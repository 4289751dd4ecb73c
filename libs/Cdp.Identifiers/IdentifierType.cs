namespace Cdp.Identifiers;

/// <summary>In which form the values of a type are kept.</summary>
public enum Form
{
    /// <summary>As sent: every character counts.</summary>
    None,

    /// <summary>Without white space around it.</summary>
    Trim,

    /// <summary>Trimmed, in lower case.</summary>
    Lower,

    /// <summary>Trimmed, in lower case, and an address.</summary>
    Email,

    /// <summary>E.164, such as +43123456, and a number that can be somebody's.</summary>
    Phone,
}

/// <summary>One kind of name that customers are known by.</summary>
/// <param name="Name">As identifiers and paths of the API carry it.</param>
/// <param name="From">Where an event carries it; the first place with a usable value counts.</param>
/// <param name="Form">In which form its values are kept.</param>
/// <param name="Limit">How many of them one profile has at most before a link that would add more is refused.</param>
public sealed record IdentifierType(string Name, IReadOnlyList<Place> From, Form Form, int Limit);
