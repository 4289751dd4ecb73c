using System.Security.Cryptography;
using System.Text;
using cdp;
using Cdp.Hosting;
using Cdp.Identifiers;
using Confluent.SchemaRegistry;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Net.Http.Headers;

namespace Cdp.Profiles.Answering;

/// <summary>The profile API: who is the customer with this identifier, and what did they do?</summary>
public static class ProfileApi
{
    private const string Base = "/v1/profiles/";

    // Another build may write the same state in another way.
    private static readonly string Build = typeof(ProfileApi).Assembly.ManifestModule.ModuleVersionId.ToString("N");

    /// <summary>GET /v1/profiles/{type}/{value}[?include=traits,counts][&amp;provenance=true], with a token. The value is the rest of the path, so that it may hold a slash.</summary>
    public static void MapProfileApi(this IEndpointRouteBuilder routes)
    {
        routes.MapOpenApi(typeof(ProfileApi).Assembly, "Cdp.Profiles.Answering.openapi.json");
        routes.MapGet(Base + "{type}/{**value}", GetAsync).RequireApiToken();
    }

    private static async Task<IResult> GetAsync(string type, string? value, HttpContext http, ProfileLookup lookup, LiveFiles<IdentifierTypes> types)
    {
        var (parts, faults) = ProfilePartsReader.Read(http.Request.Query["include"], http.Request.Query["provenance"]);
        if (faults.Count > 0) return ApiError.Result(StatusCodes.Status400BadRequest, "invalid_query", string.Join("; ", faults));
        var identifier = types.Current.Normalised(type, PathValue.Of(http.Features.Get<IHttpRequestFeature>()!.RawTarget, Base, value ?? ""));
        try
        {
            var found = await lookup.FindAsync(identifier);
            return found.Profile is { } profile ? Answer(http, profile, found, parts) : NotFound(identifier, found.ProfileId, types.Current);
        }
        catch (Exception e) when (Redis.IsOutage(e) || e is HttpRequestException or SchemaRegistryException)
        {
            http.Response.Headers.RetryAfter = "1";
            return ApiError.Result(StatusCodes.Status503ServiceUnavailable, "unavailable", "the profiles cannot be read at the moment; try again");
        }
    }

    private static IResult Answer(HttpContext http, Profile profile, FoundProfile found, ProfileParts parts)
    {
        var tag = Tag(found, parts);
        // It is about a person: nobody between may keep it, and the asker asks whether it is still so.
        http.Response.Headers.CacheControl = "private, no-cache";
        http.Response.Headers.ETag = tag.ToString();
        return http.Request.GetTypedHeaders().IfNoneMatch.Any(known => known.Compare(tag, useStrongComparison: false) || known.Equals(EntityTagHeaderValue.Any))
            ? Results.StatusCode(StatusCodes.Status304NotModified)
            : Results.Bytes(ProfileJson.Of(profile, found.Aliases, parts), ApiError.ContentType);
    }

    // Strong: everything that an answer's bytes depend on. It is known before they are written.
    private static EntityTagHeaderValue Tag(FoundProfile found, ProfileParts parts)
    {
        var depends = $"{Build} {found.Version} {(int)parts} {string.Join(' ', found.Aliases)}";
        return new EntityTagHeaderValue($"\"{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(depends)).AsSpan(0, 16))}\"");
    }

    private static IResult NotFound(Identifier lookedFor, string profileId, IdentifierTypes types)
    {
        string[] known = [.. types.Types.Select(type => type.Name), IdentifierTypes.MessageId, IdentifierTypes.GroupId, ProfileLookup.ProfileIdType];
        var hint = known.Contains(lookedFor.type) ? "" : $"; the types of identifiers are {string.Join(", ", known)}";
        return ApiError.Result(StatusCodes.Status404NotFound, "not_found", $"there is no profile of {lookedFor.type} '{lookedFor.value}'{hint}", json => ProfileJson.WriteLookedFor(json, lookedFor, profileId));
    }
}
