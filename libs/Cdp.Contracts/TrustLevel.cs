namespace Cdp.Contracts;

/// <summary>The values of the field <c>trust</c> of Event.</summary>
public static class TrustLevel
{
    /// <summary>The write key of the source is secret.</summary>
    public const string Server = "server";

    /// <summary>Anyone may have the write key of the source. A record without the field counts as public.</summary>
    public const string Public = "public";
}
