using Cdp.Contracts;
using Cdp.Hosting.Configuration;
using Cdp.Ingestion.Parsing;

namespace Cdp.Ingestion.Sources;

/// <summary>Reads <c>trust</c> and <c>server_only</c> of a source's file.</summary>
internal static class TrustReader
{
    /// <param name="file">The source's file.</param>
    /// <param name="type">The type of the source, which determines the default.</param>
    /// <param name="verification">How the sender of webhooks proves its identity; null for other types.</param>
    public static Trust Read(YamlSection file, SourceType type, Verification? verification)
    {
        var level = Level(file, type, verification);
        var withheld = file.Texts("server_only");
        foreach (var word in withheld.Where(word => !Withheld.All.Contains(word)))
        {
            file.AddError("server_only", $"'{word}' is not a known value; use one or more of {string.Join(", ", Withheld.All)}");
        }
        if (level == TrustLevel.Server && withheld.Count > 0)
        {
            file.AddError("server_only", "'server_only' is only for sources with trust: public, and this one has trust: server; remove one of the two");
        }
        return new Trust(level, [.. withheld.Distinct()]);
    }

    private static string Level(YamlSection file, SourceType type, Verification? verification)
    {
        var level = file.Text("trust") ?? (type == SourceType.Server ? TrustLevel.Server : TrustLevel.Public);
        if (level is not (TrustLevel.Server or TrustLevel.Public))
        {
            file.AddError("trust", $"'{level}' is not a level of trust; write {TrustLevel.Server} or {TrustLevel.Public}");
        }
        else if (level == TrustLevel.Server && type == SourceType.Web)
        {
            file.AddError(
                "trust", "a source of type web cannot have trust: server, because anyone can read its write key; use type: server, or remove 'trust'");
        }
        else if (level == TrustLevel.Server && type == SourceType.Webhook && verification is { Scheme: Scheme.None })
        {
            file.AddError("trust", "'trust: server' requires webhooks that prove who sent them; choose another scheme under webhook.verify, or remove 'trust'");
        }
        return level;
    }
}
