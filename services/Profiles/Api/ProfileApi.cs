using System.Security.Cryptography;
using System.Text;
using cdp;
using Cdp.Hosting.Api;
using Cdp.Hosting.Configuration;
using Cdp.Hosting.HotState;
using Cdp.Identifiers.Types;
using Cdp.Profiles.History;
using Cdp.Profiles.State;
using Cdp.Streaming.Failures;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Net.Http.Headers;

namespace Cdp.Profiles.Api;

/// <summary>The profile API: who is the customer with this identifier, and what did they do?</summary>
public static class ProfileApi
{
    private const string Base = "/v1/profiles/";

    // Part of every ETag: another build may write the same state differently.
    private static readonly string Build = typeof(ProfileApi).Assembly.ManifestModule.ModuleVersionId.ToString("N");

    /// <summary>
    /// Maps GET /v1/profiles/{type}/{value}[?include=traits,counts][&amp;provenance=true][&amp;as_of=2026-01-01T00:00:00Z], which requires a token, and the
    /// OpenAPI document. The value is the rest of the path, so that it may contain a slash.
    /// </summary>
    public static void MapProfileApi(this WebApplication app)
    {
        app.UseUnmatchedRequestErrors();
        app.MapOpenApi(typeof(ProfileApi).Assembly, "Cdp.Profiles.Api.openapi.json");
        app.MapGetAndHead(Base + "{type}/{**value}", GetAsync).RequireApiToken();
    }

    private static async Task<IResult> GetAsync(
        string type, string? value, HttpContext http, ProfileLookup lookup, PastProfiles past, TimeProvider time, LiveFiles<IdentifierTypes> types)
    {
        var (parts, errors) = ProfilePartsReader.Read(http.Request.Query["include"], http.Request.Query["provenance"]);
        var (asOf, error) = AsOf.Read(http.Request.Query["as_of"], time.GetUtcNow().UtcDateTime);
        if (error is not null) errors = [.. errors, error];
        if (errors.Count > 0) return ApiError.Result(StatusCodes.Status400BadRequest, "invalid_query", string.Join("; ", errors));
        var identifier = types.Current.Normalise(type, PathValue.Of(http.Features.Get<IHttpRequestFeature>()!.RawTarget, Base, value ?? ""));
        try
        {
            var found = await lookup.FindAsync(identifier);
            if (found.Profile is not { } profile) return NotFound(identifier, found.ProfileId, types.Current);
            return asOf < profile.lastSeen
                ? await PastAsync(http, identifier, found, profile, parts, asOf.Value, past, types.Current)
                : Current(http, profile, found, parts);
        }
        catch (Exception e) when (Redis.IsOutage(e) || Outages.IsUnavailable(e, http.RequestAborted))
        {
            http.Response.Headers.RetryAfter = "1";
            return ApiError.Result(StatusCodes.Status503ServiceUnavailable, "unavailable", "profiles cannot be read at the moment; try again");
        }
    }

    private static async Task<IResult> PastAsync(
        HttpContext http,
        Identifier identifier,
        FoundProfile found,
        Profile today,
        ProfileParts parts,
        DateTime asOf,
        PastProfiles past,
        IdentifierTypes types)
    {
        if (Cuts.Has(today, Cuts.Identifiers))
        {
            return ApiError.Result(
                StatusCodes.Status422UnprocessableEntity,
                "too_many_identifiers",
                "the profile has more identifiers than are stored, so its past events cannot be told from those of others; repeat the request without as_of");
        }
        var (profile, reachesFrom) = await past.ReadAsync(today, asOf, http.RequestAborted);
        if (profile is null)
        {
            var retained = reachesFrom is { } at ? $"the first retained record was written at {AsOf.Text(at)}" : "no record is retained";
            return ApiError.Result(
                StatusCodes.Status422UnprocessableEntity,
                "history_too_short",
                $"the log no longer has the first event of the profile: {retained}; "
                    + $"with as_of={AsOf.Text(today.lastSeen!.Value)} or later, the response is the current profile");
        }
        if (profile.total == 0) return NotFound(identifier, found.ProfileId, types);
        http.Response.Headers.CacheControl = "private, no-store";
        return Results.Bytes(ProfileJson.Of(profile, found.Aliases, parts), ApiError.ContentType);
    }

    private static IResult Current(HttpContext http, Profile profile, FoundProfile found, ProfileParts parts)
    {
        var tag = Tag(found, parts);
        // Personal data: shared caches must not store it, and the client must revalidate its copy.
        http.Response.Headers.CacheControl = "private, no-cache";
        http.Response.Headers.ETag = tag.ToString();
        var known = http.Request.GetTypedHeaders().IfNoneMatch;
        return known.Any(other => other.Compare(tag, useStrongComparison: false) || other.Equals(EntityTagHeaderValue.Any))
            ? Results.StatusCode(StatusCodes.Status304NotModified)
            : Results.Bytes(ProfileJson.Of(profile, found.Aliases, parts), ApiError.ContentType);
    }

    // A strong ETag covers everything that the bytes of the response depend on. It is computed without writing the response.
    private static EntityTagHeaderValue Tag(FoundProfile found, ProfileParts parts)
    {
        var inputs = $"{Build} {found.Version} {(int)parts} {string.Join(' ', found.Aliases)}";
        return new EntityTagHeaderValue($"\"{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(inputs)).AsSpan(0, 16))}\"");
    }

    private static IResult NotFound(Identifier lookedFor, string profileId, IdentifierTypes types)
    {
        string[] known = [.. types.Types.Select(type => type.Name), IdentifierTypes.MessageId, IdentifierTypes.GroupId, ProfileLookup.ProfileIdType];
        var hint = !known.Contains(lookedFor.type) ? $"; the types of identifiers are {string.Join(", ", known)}"
            : IsBlocked(lookedFor, types) ? "; this value is blocked because it identifies nobody, so events are not assigned to it: "
                + "if it is a real identifier here, add it to blocked.allow in the identity configuration, or remove it from blocked.values"
            : "";
        return ApiError.Result(
            StatusCodes.Status404NotFound,
            "not_found",
            $"there is no profile with {lookedFor.type} '{lookedFor.value}'{hint}",
            json => ProfileJson.WriteLookedFor(json, lookedFor, profileId));
    }

    // Events never name a profile by message id or profile id, so these are not checked against the blocked values.
    private static bool IsBlocked(Identifier identifier, IdentifierTypes types) =>
        identifier.type is not (IdentifierTypes.MessageId or ProfileLookup.ProfileIdType) && types.Blocked.Contains(identifier.value);
}
