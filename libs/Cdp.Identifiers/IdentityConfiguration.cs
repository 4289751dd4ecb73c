using Cdp.Hosting;
using Microsoft.Extensions.Hosting;

namespace Cdp.Identifiers;

/// <summary>The identity configuration as part of a host.</summary>
public static class IdentityConfiguration
{
    /// <summary>The option <c>IdentityConfig</c> unless it is set: beside where the process works.</summary>
    public const string DefaultFile = "config/identity.yaml";

    /// <summary>
    /// Reads the file at the start, where every fault is one of the configuration, and again whenever it changes. Where there has been one, that it is
    /// gone is a fault too: the defaults would judge otherwise than the operator's rules did.
    /// </summary>
    public static LiveFiles<IdentifierTypes> AddIdentifierTypes(this IHostApplicationBuilder builder, string file)
    {
        var isNeeded = file != DefaultFile || File.Exists(file);
        return builder.AddLiveFiles("identity", [file], errors =>
        {
            if (isNeeded && !File.Exists(file)) errors.Add($"IdentityConfig: {file} does not exist; name the file, or leave the option out for {DefaultFile} or the defaults");
            return IdentityFile.Read(file, errors);
        });
    }
}
