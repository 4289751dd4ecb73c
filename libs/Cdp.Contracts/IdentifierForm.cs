using cdp;

namespace Cdp.Contracts;

/// <summary>
/// The form in which identifiers are kept. Whoever writes one and whoever looks for one must agree on it: of the ids that senders make up every
/// character counts; an e-mail address is trimmed and in lower case.
/// </summary>
public static class IdentifierForm
{
    public const string Email = "email";

    public static Identifier Normalised(string type, string value) => new() { type = type, value = type == Email ? value.Trim().ToLowerInvariant() : value };
}
