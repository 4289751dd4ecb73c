using System.Text.RegularExpressions;
using Cdp.Hosting.Configuration;

namespace Cdp.Ingestion.Sources;

/// <summary>
/// The cookie that remembers the anonymousId of a source's visitors. Scripts cannot read it, so browsers that delete script storage after some days keep it for
/// a year. It is written when a page reports the id of its SDK, never when an event arrives: events arrive late, repeatedly and out of order, and an event from
/// before a reset() would restore the previous person.
/// </summary>
/// <param name="Name">The name of the cookie.</param>
/// <param name="Domain">The domain whose hosts all receive the cookie; null for this host alone.</param>
public sealed partial record FirstPartyCookie(string Name, string? Domain)
{
    /// <summary>The longest anonymousId that is remembered. The SDKs generate ids of 36 characters.</summary>
    public const int MaxCharacters = 200;

    private const string DefaultName = "cdp_anonymous_id";

    /// <summary>Reads the <c>cookie</c> section of a source's file; null if there is none.</summary>
    public static FirstPartyCookie? Read(YamlSection file)
    {
        if (file.Section("cookie") is not { } section) return null;
        if (file.Text("type") is "server" or "webhook")
        {
            file.AddError("cookie", "'cookie' is only for sources of type web; remove it, or create a source of type web for the pages");
        }
        var name = section.Text("name") ?? DefaultName;
        if (!CookieName().IsMatch(name))
        {
            section.AddError("name", $"'{name}' is not a valid cookie name; use at most 50 letters, digits, hyphens and underscores");
        }
        var domain = section.Text("domain");
        if (domain is not null && !DomainName().IsMatch(domain))
        {
            section.AddError("domain", $"'{domain}' is not a domain; write for example shop.example, or remove it");
        }
        if (domain is not null && name.StartsWith("__Host-", StringComparison.Ordinal))
        {
            section.AddError("domain", "a cookie whose name begins with __Host- cannot have a domain; remove 'domain', or choose another name");
        }
        section.RejectUnknownKeys();
        return new FirstPartyCookie(name, domain);
    }

    [GeneratedRegex("^[A-Za-z0-9_-]{1,50}$")]
    private static partial Regex CookieName();

    [GeneratedRegex(@"^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+$")]
    private static partial Regex DomainName();
}
