/* NTLM challenges (MS-NLMP 2.2.1.2): the server names itself in clear before anybody has logged on. Only the computer's
 * own names are taken; nothing of users is ever read. */
#ifndef WW_CLASSIFIER_NTLM_H
#define WW_CLASSIFIER_NTLM_H

#include "classifier/notes.h"
#include "util/bytes.h"

enum { NTLM_NAME_SIZE = 256 };

/* Finds a challenge message anywhere in blob (it is usually wrapped in SPNEGO) and reads the name of the computer that
 * sent it: its DNS name, else its NetBIOS name, as clean text. False: there is none. */
bool ntlm_server_name(struct bytes blob, char name_out[NTLM_NAME_SIZE]);

/* The same for the sender of a packet; the name goes to the host names. False: there is none. */
bool ntlm_note(struct note_taker *t, struct bytes blob);

#endif
