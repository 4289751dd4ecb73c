using cdp;

namespace Cdp.Profiles;

/// <summary>Brings an identifier that a caller asks for into the form in which identity keeps it: of the ids that senders make up, every character counts.</summary>
public static class Identifiers
{
    public static Identifier Normalised(string type, string value) => new()
    {
        type = type,
        value = type == "email" ? value.Trim().ToLowerInvariant() : value,
    };
}
