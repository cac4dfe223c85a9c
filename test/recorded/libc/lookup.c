/* Asks getaddrinfo for one name and prints what it said: the addresses in their order, or the error's name. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static const char *error_name(int code)
{
	if (code == EAI_NONAME) return "EAI_NONAME";
	if (code == EAI_AGAIN) return "EAI_AGAIN";
	if (code == EAI_NODATA) return "EAI_NODATA";
	if (code == EAI_FAIL) return "EAI_FAIL";
	if (code == EAI_SYSTEM) return "EAI_SYSTEM";
#ifdef EAI_ADDRFAMILY
	if (code == EAI_ADDRFAMILY) return "EAI_ADDRFAMILY";
#endif
	return gai_strerror(code);
}

int main(int argc, char **argv)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_CANONNAME }, *list, *one;
	char text[INET6_ADDRSTRLEN];
	int code;

	if (argc < 3) return 2;
	hints.ai_family = atoi(argv[2]) == 4 ? AF_INET : atoi(argv[2]) == 6 ? AF_INET6 : AF_UNSPEC;
	if (argc > 3) hints.ai_flags = 0;
	code = getaddrinfo(argv[1], 0, &hints, &list);
	if (code) {
		printf("error %s\n", error_name(code));
		return 0;
	}
	for (one = list; one; one = one->ai_next) {
		void *from = one->ai_family == AF_INET ? (void *)&((struct sockaddr_in *)one->ai_addr)->sin_addr
						       : (void *)&((struct sockaddr_in6 *)one->ai_addr)->sin6_addr;
		printf("address %s\n", inet_ntop(one->ai_family, from, text, sizeof text));
	}
	return 0;
}
