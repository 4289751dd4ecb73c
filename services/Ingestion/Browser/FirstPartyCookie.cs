using System.Text.RegularExpressions;
using Cdp.Hosting;

namespace Cdp.Ingestion.Browser;

/// <summary>
/// The cookie in which a source's visitors keep their anonymousId, out of reach of scripts: browsers that delete after days what a script has stored
/// keep it for its year. It is written when a page says what id its SDK has, never for an event: events come late, repeated, and out of order, and one
/// of before a reset() would bring the former person back.
/// </summary>
/// <param name="Name">Its name.</param>
/// <param name="Domain">The domain whose hosts are all sent it; null: this host alone.</param>
public sealed partial record FirstPartyCookie(string Name, string? Domain)
{
    /// <summary>Longer ids are not remembered. The SDKs' own have 36 characters.</summary>
    public const int MaxCharacters = 200;

    private const string DefaultName = "cdp_anonymous_id";

    /// <summary>Reads the <c>cookie</c> section of a source's file; null where it has none.</summary>
    public static FirstPartyCookie? Read(YamlSection file)
    {
        if (file.Section("cookie") is not { } section) return null;
        if (file.Text("type") is "server" or "webhook") file.Fault("cookie", "'cookie' is for sources of type web; remove it, or give the pages a source of their own");
        var name = section.Text("name") ?? DefaultName;
        if (!CookieName().IsMatch(name)) section.Fault("name", $"'{name}' cannot name a cookie; use letters, digits, hyphens and underscores, 50 at most");
        var domain = section.Text("domain");
        if (domain is not null && !DomainName().IsMatch(domain)) section.Fault("domain", $"'{domain}' is not a domain; write for example shop.example, or leave it out");
        if (domain is not null && name.StartsWith("__Host-", StringComparison.Ordinal))
        {
            section.Fault("domain", "a cookie whose name begins with __Host- has no domain; leave it out, or choose another name");
        }
        section.RejectUnknownKeys();
        return new FirstPartyCookie(name, domain);
    }

    [GeneratedRegex("^[A-Za-z0-9_-]{1,50}$")]
    private static partial Regex CookieName();

    [GeneratedRegex(@"^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+$")]
    private static partial Regex DomainName();
}
